-- title: Parcels of one order
SELECT p.tracking AS tracking, p.carrier AS carrier, p.node AS node, p.fulfilment AS fulfilment, p.units AS units, p.shipped_at AS shipped_at,
    p.status AS status, p.status_at AS status_at, p.delivered_at AS delivered_at
FROM parcels AS p
WHERE p.order_id = {order:String}
ORDER BY shipped_at, tracking
