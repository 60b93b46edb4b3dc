-- title: Returns that wait for inspection
-- about: Units that came back and are for nobody until somebody looks at them.
-- panel: table
-- unit: short
SELECT waiting.node AS node, waiting.sku AS sku, waiting.units AS units, back.latest AS latest
FROM (SELECT s.node AS node, s.sku AS sku, sum(s.units) AS units FROM stock AS s WHERE s.place = 'quality' GROUP BY s.node, s.sku HAVING units > 0) AS waiting
LEFT JOIN
(
    SELECT m.to_node AS node, m.sku AS sku, max(m.k_time) AS latest
    FROM moves AS m WHERE m.cause = 'returned' GROUP BY node, sku
) AS back ON back.node = waiting.node AND back.sku = waiting.sku
ORDER BY units DESC, node, sku
LIMIT {limit:UInt32}
-- default limit: 50
