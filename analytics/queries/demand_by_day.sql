-- title: Demand by day
-- about: Units ordered, by channel; of all SKUs where none is named.
-- panel: timeseries
-- unit: short
-- default sku:
-- default days: 120
SELECT toDateTime64(d.day, 3, 'UTC') AS time, toString(d.channel) AS channel, sum(d.units) AS demand
FROM demand_daily AS d
WHERE ({sku:String} = '' OR d.sku = {sku:String})
    AND d.day > (SELECT max(day) FROM demand_daily WHERE units > 0) - toIntervalDay({days:UInt32})
GROUP BY d.day, d.channel
HAVING demand > 0
ORDER BY time, channel
