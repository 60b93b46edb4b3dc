-- title: Lines of one order
-- about: Of its newest revision.
SELECT l.line AS line, l.listing AS listing, l.sku AS sku, l.quantity AS quantity, l.units AS units, l.price AS price, toString(l.currency) AS currency
FROM order_lines AS l
WHERE l.order_id = {order:String} AND l.revision = (SELECT max(revision) FROM order_lines WHERE order_id = {order:String})
ORDER BY toUInt32OrZero(line), line, sku
