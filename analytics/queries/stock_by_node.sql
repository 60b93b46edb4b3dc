-- title: Stock by node
-- panel: table
-- unit: short
SELECT
    toString(s.node) AS node,
    sumIf(s.units, s.place = 'on_hand') AS on_hand,
    sumIf(s.units, s.place = 'reserved') AS reserved,
    sumIf(s.units, s.place NOT IN ('on_hand', 'reserved')) AS elsewhere,
    uniqExactIf(s.sku, s.place = 'on_hand' AND s.units > 0) AS skus
FROM (SELECT sku, node, place, sum(units) AS units FROM stock WHERE node != '' GROUP BY pool, sku, node, place) AS s
GROUP BY node
ORDER BY on_hand + reserved DESC, node
