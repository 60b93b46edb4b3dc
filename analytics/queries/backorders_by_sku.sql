-- title: What orders wait for
-- about: Units by SKU that placed orders still wait for, and what is on hand anywhere.
-- panel: table
-- unit: short
WITH
    waiting AS
    (
        SELECT w.sku AS sku, sum(w.units) AS units, uniqExact(w.order_id) AS orders, min(w.placed_at) AS oldest
        FROM
        (
            SELECT b.order_id AS order_id, sku, units, o.placed_at AS placed_at
            FROM
            (
                SELECT order_id, argMax(backorders.skus, (k_off, ordinal)) AS skus, argMax(backorders.units, (k_off, ordinal)) AS counts
                FROM backorders GROUP BY order_id
            ) AS b
            INNER JOIN (SELECT order_id, placed_at FROM orders WHERE status IN ('backordered', 'partially_reserved')) AS o ON o.order_id = b.order_id
            ARRAY JOIN b.skus AS sku, b.counts AS units
        ) AS w
        GROUP BY w.sku
    )
SELECT waiting.sku AS sku, waiting.units AS units_waiting, waiting.orders AS orders_waiting, waiting.oldest AS oldest, held.on_hand AS on_hand,
    count() OVER () AS skus_waiting
FROM waiting
LEFT JOIN (SELECT s.sku AS sku, sum(s.units) AS on_hand FROM stock AS s WHERE s.place = 'on_hand' GROUP BY s.sku) AS held ON held.sku = waiting.sku
ORDER BY units_waiting DESC, sku
LIMIT {limit:UInt32}
-- default limit: 50
