-- title: Orders held
-- about: Oldest first.
-- panel: table
-- default limit: 50
SELECT o.order_id AS order_id, o.number AS number, o.channel AS channel, o.holds AS holds, o.placed_at AS placed_at, o.ordered AS ordered
FROM orders AS o
WHERE o.status = 'held'
ORDER BY placed_at, order_id
LIMIT {limit:UInt32}
