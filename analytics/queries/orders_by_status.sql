-- title: Orders as they stand
-- about: Every order once, by what it is now.
-- panel: barchart
-- unit: short
SELECT o.status AS status, count() AS orders, sum(o.ordered) AS units
FROM orders AS o
WHERE o.revision > 0
GROUP BY status
ORDER BY orders DESC
