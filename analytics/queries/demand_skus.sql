-- title: SKUs by demand
-- about: The last 28 days with demand come first.
-- default limit: 500
SELECT d.sku AS sku, sumIf(d.units, d.day > newest.day - 28) AS units_28d, sum(d.units) AS total
FROM demand_daily AS d
CROSS JOIN (SELECT max(day) AS day FROM demand_daily WHERE units > 0) AS newest
GROUP BY d.sku
HAVING total > 0
ORDER BY units_28d DESC, total DESC, sku
LIMIT {limit:UInt32}
