-- title: Audit
-- about: Rows against distinct places in the log, and rollups against their facts: both differences are zero when all is well.
SELECT 'decisions' AS what, toInt64(count()) - toInt64(uniqExact(k_topic, k_part, k_off)) AS difference FROM decisions
UNION ALL SELECT 'dead_letters', toInt64(count()) - toInt64(uniqExact(k_topic, k_part, k_off)) FROM dead_letters
UNION ALL SELECT 'order_events', toInt64(count()) - toInt64(uniqExact(k_topic, k_part, k_off, ordinal)) FROM order_events
UNION ALL SELECT 'moves', toInt64(count()) - toInt64(uniqExact(k_topic, k_part, k_off, ordinal, position)) FROM moves
UNION ALL SELECT 'demand_daily', (SELECT sum(units) + sum(cancelled) FROM demand_daily) - (SELECT sum(units) + sum(cancelled) FROM demand)
UNION ALL SELECT 'stock', (SELECT sum(units) FROM stock)
