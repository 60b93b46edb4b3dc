-- title: Find an order
-- about: By the end of its id, by its number, or by a fulfilment's id.
SELECT o.order_id AS order_id, o.number AS number, o.shop AS shop, o.channel AS channel, o.status AS status, o.placed_at AS placed_at, o.ordered AS ordered
FROM orders AS o
WHERE o.order_id = {text:String}
    OR endsWith(o.order_id, concat('/', {text:String}))
    OR o.number IN ({text:String}, concat('#', {text:String}))
    OR o.order_id IN (SELECT f.order_id FROM fulfilments AS f WHERE f.fulfilment = {text:String})
ORDER BY placed_at DESC, order_id
LIMIT 20
