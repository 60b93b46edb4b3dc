-- title: Events of one order
SELECT e.k_part AS part, e.k_off AS off, e.ordinal AS ordinal, e.k_time AS time, toString(e.type) AS type, toString(e.node) AS node, e.fulfilment AS fulfilment,
    e.units AS units, e.reasons AS reasons, e.payload AS payload
FROM order_events AS e
WHERE e.order_id = {order:String}
ORDER BY off, ordinal
