-- title: Audit
-- about: Rows against distinct places in the log, and what each batch adds up against the decisions: all differences are zero when all is well.
WITH
    moved AS
    (
        SELECT if(
            d.promised_by != '',
            d.units,
            arraySum(
                (of, units) -> if(d.event_types[of] IN ('Reserved', 'Unreserved', 'Shipped', 'FoundShipped', 'Returned'), units, 0),
                d.row_events, d.row_units)) AS units
        FROM decided AS d
    ),
    cancelled AS
    (
        SELECT arraySum(
            (of, units) -> if(d.event_types[of] = 'Unreserved' AND d.event_reasons[of][1] IN ('cancelled', 'reduced', 'cancel_confirmed'), units, 0),
            d.row_events, d.row_units) AS units
        FROM decided AS d
        WHERE has(d.event_types, 'Unreserved')
    )
SELECT 'decisions' AS what, toInt64(count()) - toInt64(uniqExact(k_topic, k_part, k_off)) AS difference FROM decisions
UNION ALL SELECT 'decided', toInt64(count()) - toInt64(uniqExact(k_topic, k_part, k_off, rank)) FROM decided
UNION ALL SELECT 'dead_letters', toInt64(count()) - toInt64(uniqExact(k_topic, k_part, k_off)) FROM dead_letters
UNION ALL SELECT 'stock_moves', toInt64(count()) - toInt64(uniqExact(k_topic, k_part, k_off, ordinal, position)) FROM stock_moves
UNION ALL SELECT 'stock_changes', toInt64(count()) - toInt64(uniqExact(k_topic, k_part, k_off, ordinal, position)) FROM stock_changes
UNION ALL SELECT 'stock', (SELECT sum(units) FROM flows) - (SELECT sum(quantity) FROM stock_moves) - (SELECT sum(units) FROM moved)
UNION ALL SELECT 'demand_daily', (SELECT sum(units) + sum(cancelled) FROM demand_daily)
    - (SELECT sum(units) FROM decided WHERE revision = 1) - (SELECT sum(units) FROM cancelled)
