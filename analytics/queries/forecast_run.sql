-- title: The newest forecast
SELECT run_id, made_at, first_day, last_day, horizon, lead_days, toString(champion) AS champion, series, seconds
FROM forecast_runs
ORDER BY run_id DESC
LIMIT 1
