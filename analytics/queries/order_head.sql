-- title: One order
SELECT order_id, pool, shop, channel, segment, number, region, currency, revision, placed_at, received_at, changed_at,
    ordered, reserved, waiting, shipped, delivered, returned, holds, status
FROM orders
WHERE order_id = {order:String}
