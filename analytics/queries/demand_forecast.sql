-- title: Forecast
-- about: Expected daily demand of the newest forecast with an 80 % interval; the sum of all SKUs where none is named (its interval is left out).
-- panel: timeseries
-- unit: short
-- default sku:
SELECT
    toDateTime64(f.day, 3, 'UTC') AS time,
    sum(f.mean) AS expected,
    if({sku:String} = '', NULL, sum(f.low)) AS low,
    if({sku:String} = '', NULL, sum(f.high)) AS high,
    any(toString(f.model)) AS model
FROM forecasts AS f
WHERE f.run_id = (SELECT max(run_id) FROM forecast_runs) AND ({sku:String} = '' OR f.sku = {sku:String})
GROUP BY f.day
ORDER BY f.day
