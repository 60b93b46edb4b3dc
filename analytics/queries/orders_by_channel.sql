-- title: Orders by channel
-- panel: barchart
-- unit: short
SELECT toString(d.channel) AS channel, count() AS orders, sum(d.units) AS units
FROM decisions AS d
WHERE d.kind = 'order' AND d.revision = 1
GROUP BY channel
ORDER BY orders DESC
