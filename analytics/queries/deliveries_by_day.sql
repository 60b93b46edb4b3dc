-- title: Delivered by day
-- about: What reached its customers.
-- panel: timeseries
-- unit: short
SELECT toStartOfDay(p.delivered_at) AS time, uniqExact(p.order_id) AS orders, count() AS parcels, sum(p.units) AS units
FROM parcels AS p
WHERE p.delivered_at BETWEEN {from:DateTime64(3, 'UTC')} AND {to:DateTime64(3, 'UTC')}
    AND p.order_id IN (SELECT d.order_id FROM decided AS d WHERE d.k_time >= {from:DateTime64(3, 'UTC')} - toIntervalDay(1))
GROUP BY time
ORDER BY time
