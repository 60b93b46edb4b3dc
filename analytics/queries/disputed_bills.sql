-- title: Disputed bills
-- about: Bills that are not what was ordered and shipped, and why; oldest first. `yipan bills` approves or rejects them.
-- panel: table
-- unit: short
SELECT b.node AS supplier, b.document AS bill, b.fulfilment AS purchase, b.order_id AS order_id, b.currency AS currency, b.total AS minor_units,
    arrayStringConcat(arrayDistinct(b.differences.reason), ', ') AS reasons, b.came_at AS came_at, dateDiff('hour', b.came_at, now64(3)) AS hours
FROM bills AS b
WHERE b.verdict = 'disputed'
ORDER BY came_at, supplier, bill
LIMIT {limit:UInt32}
-- default limit: 50
