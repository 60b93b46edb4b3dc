-- title: Where one order's time went
-- about: The way of the unit that arrived last, or is least far; streams/attribution.py says how. `until` empty: still.
SELECT j.step AS step, j.part AS part, j.reason AS reason, j.who AS who, j.since AS since, j.until AS until, j.ended AS ended
FROM journeys AS j
WHERE j.order_id = {order:String}
ORDER BY step
