-- title: Cancel requests without an answer
-- about: Nodes that were asked not to ship, and have neither agreed, refused nor shipped; longest first.
-- panel: table
-- unit: short
SELECT j.who AS node, j.order_id AS order_id, j.since AS asked_at, dateDiff('minute', j.since, now64(3)) AS minutes
FROM journeys AS j
WHERE j.part = 'node' AND j.reason = 'cancel_asked' AND j.until IS NULL
    AND j.order_id IN (SELECT d.order_id FROM decided AS d WHERE has(d.event_types, 'CancelRequested'))
ORDER BY asked_at, order_id
LIMIT {limit:UInt32}
-- default limit: 50
