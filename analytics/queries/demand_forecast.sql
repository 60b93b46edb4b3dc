-- title: Forecast
-- about: Expected daily demand of the newest forecast with an 80 % interval; of all demand where no SKU is named.
-- panel: timeseries
-- unit: short
-- default sku:
SELECT toDateTime64(f.day, 3, 'UTC') AS time, f.mean AS expected, f.low AS low, f.high AS high, toString(f.model) AS model
FROM forecasts AS f
WHERE f.run_id = (SELECT max(run_id) FROM forecast_runs) AND f.sku = {sku:String}
ORDER BY f.day
