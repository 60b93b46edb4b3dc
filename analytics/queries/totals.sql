-- title: Totals
-- about: Orders as first placed, and how they stand now.
SELECT
    placed.orders AS orders,
    placed.units AS units,
    placed.first_at AS first_at,
    placed.last_at AS last_at,
    latency.p50 AS p50_ms,
    latency.p99 AS p99_ms,
    demand.promised AS promised_units,
    demand.wanted AS wanted_units,
    standing.waiting_orders AS waiting_orders,
    standing.waiting_units AS waiting_units,
    standing.held AS held_orders,
    missing.units AS shortage_units,
    letters.rejected AS rejected_records,
    decided.decisions AS decisions,
    decided.unreadable AS unreadable
FROM
(
    SELECT count() AS orders, sum(d.units) AS units, min(d.k_time) AS first_at, max(d.k_time) AS last_at
    FROM decisions AS d WHERE d.kind = 'order' AND d.revision = 1
) AS placed
CROSS JOIN
(
    SELECT quantile(0.5)(d.latency_ms) AS p50, quantile(0.99)(d.latency_ms) AS p99
    FROM decisions AS d WHERE d.kind = 'order'
) AS latency
CROSS JOIN (SELECT sumIf(d.units, d.node != '') AS promised, sum(d.units) AS wanted FROM demand_daily AS d) AS demand
CROSS JOIN
(
    SELECT countIf(o.status IN ('backordered', 'partially_reserved')) AS waiting_orders, sum(o.waiting) AS waiting_units, countIf(o.status = 'held') AS held
    FROM orders AS o
) AS standing
CROSS JOIN (SELECT sum(s.quantity) AS units FROM shortages AS s) AS missing
CROSS JOIN (SELECT uniqExactIf((l.src_topic, l.src_part, l.src_off, l.stage), l.verdict = 'rejected') AS rejected FROM dead_letters AS l) AS letters
CROSS JOIN (SELECT count() AS decisions, countIf(d.outcome = 'unreadable') AS unreadable FROM decisions AS d) AS decided
