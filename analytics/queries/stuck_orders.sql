-- title: What open orders wait for
-- about: By hold, stock, node or carrier, and for how long: orders in that state now, the longest of them, and those of more than a day.
-- panel: table
-- unit: short
SELECT j.part AS part, if(j.part = 'stock', '', j.reason) AS reason, j.who AS who, count() AS orders,
    countIf(j.since < now64(3) - toIntervalDay(1)) AS over_a_day, countIf(j.since < now64(3) - toIntervalDay(3)) AS over_three_days,
    min(j.since) AS longest_since
FROM journeys AS j
WHERE j.until IS NULL AND j.order_id IN (SELECT o.order_id FROM orders AS o WHERE o.status NOT IN ('delivered', 'returned', 'cancelled', 'rejected'))
GROUP BY part, reason, who
ORDER BY over_a_day DESC, orders DESC, part, reason, who
LIMIT {limit:UInt32}
-- default limit: 40
