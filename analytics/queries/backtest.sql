-- title: How the models did
-- about: Rolling-origin backtest against the seasonal naive forecast. RMSSE below 1 beats it; WAPE and bias are of the sums over the horizon.
-- panel: table
SELECT
    toString(b.model) AS model,
    count() AS origins,
    avg(b.wrmsse) AS wrmsse,
    avg(b.wrmsse) / nullIf(any(naive.wrmsse), 0) AS vs_naive,
    avg(b.rmsse_total) AS rmsse_total,
    avg(b.wape) AS wape,
    avg(b.bias) AS bias
FROM backtests AS b
CROSS JOIN
(
    SELECT avg(n.wrmsse) AS wrmsse FROM backtests AS n WHERE n.run_id = (SELECT max(run_id) FROM forecast_runs) AND n.model = 'seasonal naive'
) AS naive
WHERE b.run_id = (SELECT max(run_id) FROM forecast_runs)
GROUP BY model
ORDER BY wrmsse
