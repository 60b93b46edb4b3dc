-- title: How long nodes and carriers take
-- about: Hours an order spent with each, of those that went on from there: half of them no longer than `p50`, 9 of 10 no longer than `p90`.
-- panel: table
-- unit: h
SELECT o.part AS part, o.who AS who, count() AS orders, quantile(0.5)(o.hours) AS p50, quantile(0.9)(o.hours) AS p90, max(o.hours) AS longest
FROM
(
    SELECT j.order_id AS order_id, j.part AS part, j.who AS who, sum(dateDiff('millisecond', j.since, j.until)) / 3600000 AS hours
    FROM journeys AS j
    WHERE j.part IN ('node', 'carrier') AND j.reason != 'in_vain' AND j.until BETWEEN {from:DateTime64(3, 'UTC')} AND {to:DateTime64(3, 'UTC')}
        AND j.order_id IN (SELECT d.order_id FROM decided AS d WHERE d.k_time >= {from:DateTime64(3, 'UTC')} - toIntervalDay(1))
    GROUP BY order_id, part, who
) AS o
GROUP BY part, who
ORDER BY part, p90 DESC, who
