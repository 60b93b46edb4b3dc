-- title: Decisions on one order
-- about: Those that name it, and those of others that changed it (a receipt fills it, another order's cancel frees units for it).
SELECT
    d.k_part AS part, d.k_off AS off, d.k_time AS time, toString(d.kind) AS kind, toString(d.outcome) AS outcome, d.seq AS seq,
    toString(d.source) AS source, d.source_part AS source_part, d.source_off AS source_off, d.command_id AS command_id,
    d.decider AS decider, d.policy_version AS policy_version, d.revision AS revision, d.received_at AS received_at,
    d.latency_ms AS latency_ms, toString(d.code) AS code, d.sentence AS sentence
FROM decisions AS d
WHERE d.order_id = {order:String} OR (d.k_part, d.k_off) IN (SELECT e.k_part, e.k_off FROM order_events AS e WHERE e.order_id = {order:String})
ORDER BY off
