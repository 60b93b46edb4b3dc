-- title: Orders that wait
-- about: Oldest first.
-- panel: table
-- default limit: 50
SELECT o.order_id AS order_id, o.number AS number, o.channel AS channel, o.status AS status, o.placed_at AS placed_at, o.ordered AS ordered, o.waiting AS waiting
FROM orders AS o
WHERE o.status IN ('backordered', 'partially_reserved')
ORDER BY placed_at, order_id
LIMIT {limit:UInt32}
