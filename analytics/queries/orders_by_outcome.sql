-- title: Orders by outcome
-- about: What was decided on orders when they came in, and on those that came again.
-- panel: timeseries
-- unit: short
SELECT toStartOfInterval(d.k_time, toIntervalSecond({step:UInt32})) AS time, toString(d.outcome) AS outcome, count() AS orders
FROM decisions AS d
WHERE d.k_time BETWEEN {from:DateTime64(3, 'UTC')} AND {to:DateTime64(3, 'UTC')}
    AND (d.kind = 'order' OR d.outcome IN ('duplicate', 'stale', 'refused'))
GROUP BY time, outcome
ORDER BY time, outcome
