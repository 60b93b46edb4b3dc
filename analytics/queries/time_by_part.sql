-- title: Where the time went
-- about: Of the orders that were there, or over, in each interval: seconds an order spent with each, on average; the parts are the whole. `wave`: a node's time until it is told, as its waves have it.
-- panel: timeseries
-- unit: s
SELECT toStartOfInterval(p.ended, toIntervalSecond({step:UInt32})) AS time, p.part AS part, sum(p.seconds) / max(p.orders) AS seconds
FROM
(
    SELECT j.ended AS ended, if(j.reason = 'wave', 'wave', j.part) AS part, dateDiff('millisecond', j.since, j.until) / 1000 AS seconds,
        uniqExact(j.order_id) OVER (PARTITION BY toStartOfInterval(j.ended, toIntervalSecond({step:UInt32}))) AS orders
    FROM journeys AS j
    WHERE j.ended BETWEEN {from:DateTime64(3, 'UTC')} AND {to:DateTime64(3, 'UTC')}
        AND j.order_id IN (SELECT d.order_id FROM decided AS d WHERE d.k_time >= {from:DateTime64(3, 'UTC')} - toIntervalDay(1))
) AS p
GROUP BY time, part
ORDER BY time, part
