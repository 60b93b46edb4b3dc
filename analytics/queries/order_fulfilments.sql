-- title: Fulfilments of one order
SELECT f.k_time AS time, f.fulfilment AS fulfilment, toString(f.node) AS node, toString(f.step) AS step, f.units AS units, f.lines AS lines,
    f.reason AS reason, toString(f.carrier) AS carrier, f.tracking AS tracking, f.shipped_at AS shipped_at
FROM fulfilments AS f
WHERE f.order_id = {order:String}
ORDER BY f.k_off, f.ordinal
