-- title: Promised dates, kept and missed
-- about: Dates that waiting orders were promised first, by day: the goods were there until the day was over (`kept`), later (`late`), are not there yet (`open`), or the order wanted them no more (`off`).
-- panel: timeseries
-- unit: short
SELECT toStartOfDay(p.first_date) AS time, countIf(p.outcome = 'kept') AS kept, countIf(p.outcome = 'late') AS late,
    countIf(p.outcome = 'open') AS open, countIf(p.outcome = 'off') AS off
FROM promised_dates AS p
WHERE p.first_date BETWEEN {from:DateTime64(3, 'UTC')} AND {to:DateTime64(3, 'UTC')}
GROUP BY time
ORDER BY time
