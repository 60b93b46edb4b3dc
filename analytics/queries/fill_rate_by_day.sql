-- title: Fill rate by day
-- about: Units promised at once, of all units ordered that day.
-- panel: timeseries
-- unit: percentunit
SELECT toDateTime64(d.day, 3, 'UTC') AS time, sumIf(d.units, d.node != '') / sum(d.units) AS fill_rate, sum(d.units) AS wanted
FROM demand_daily AS d
GROUP BY d.day
HAVING wanted > 0
ORDER BY d.day
