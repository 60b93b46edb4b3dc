-- title: Shortages
-- about: Promised units that turned out not to be there.
-- panel: table
-- default limit: 50
SELECT s.k_time AS time, s.sku AS sku, toString(s.node) AS node, s.quantity AS units, s.order_id AS order_id
FROM shortages AS s
ORDER BY s.k_time DESC, s.k_off DESC, s.ordinal DESC
LIMIT {limit:UInt32}
