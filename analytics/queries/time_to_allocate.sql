-- title: Time to allocate
-- about: From the receipt of an order to the record of its decision.
-- panel: timeseries
-- unit: ms
SELECT
    toStartOfInterval(d.k_time, toIntervalSecond({step:UInt32})) AS time,
    quantile(0.5)(d.latency_ms) AS p50,
    quantile(0.99)(d.latency_ms) AS p99
FROM decisions AS d
WHERE d.k_time BETWEEN {from:DateTime64(3, 'UTC')} AND {to:DateTime64(3, 'UTC')} AND d.kind = 'order'
GROUP BY time
ORDER BY time
