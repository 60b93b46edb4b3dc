-- title: SKUs at risk of running out
-- about: Chance that demand over the lead time is more than what is on hand and not promised, from the newest forecast's quantiles.
-- panel: table
-- default limit: 50
WITH
    held AS
    (
        SELECT s.sku AS sku, sumIf(s.units, s.place = 'on_hand') AS on_hand, sumIf(s.units, s.place = 'incoming') AS incoming
        FROM stock AS s GROUP BY s.sku
    ),
    waiting AS
    (
        SELECT sku, sum(units) AS units
        FROM
        (
            SELECT order_id, argMax(backorders.skus, (k_off, ordinal)) AS skus, argMax(backorders.units, (k_off, ordinal)) AS counts
            FROM backorders GROUP BY order_id
        ) AS b
        ARRAY JOIN b.skus AS sku, b.counts AS units
        GROUP BY sku
    ),
    run AS (SELECT max(run_id) AS id, argMax(lead_days, run_id) AS lead_days FROM forecast_runs)
SELECT
    l.sku AS sku,
    held.on_hand AS on_hand,
    held.incoming AS incoming,
    waiting.units AS units_waiting,
    run.lead_days AS lead_days,
    l.mean AS lead_demand,
    l.ladder[95] AS lead_demand_95,
    if(l.mean <= 0, NULL, greatest(held.on_hand - waiting.units, 0) / (l.mean / run.lead_days)) AS days_of_cover,
    arrayCount(quantile -> quantile > held.on_hand + held.incoming - waiting.units, l.ladder) / 99 AS chance_out,
    greatest(0, ceil(l.ladder[95] - (held.on_hand + held.incoming - waiting.units))) AS reorder_units
FROM lead_demand AS l
CROSS JOIN run
LEFT JOIN held ON held.sku = l.sku
LEFT JOIN waiting ON waiting.sku = l.sku
WHERE l.run_id = run.id AND l.mean > 0 AND chance_out >= 0.2
ORDER BY chance_out DESC, lead_demand DESC, sku
LIMIT {limit:UInt32}
