-- title: Newest orders
-- panel: table
-- default limit: 12
SELECT
    d.k_time AS time, d.order_id AS order_id, toString(d.channel) AS channel, toString(d.outcome) AS outcome,
    d.lines AS lines, d.units AS units, d.latency_ms AS latency_ms
FROM decisions AS d
WHERE d.kind = 'order'
ORDER BY d.k_time DESC, d.k_part, d.k_off DESC
LIMIT {limit:UInt32}
