-- Where the time of every order went: streams/attribution.py says what the parts are and which unit is followed; this is the same over all
-- orders, in three steps. An order lives in one partition, so (offset, ordinal) puts its events in order: `pos` is both in one number.
-- Times are milliseconds until the last step; 7258118400000, the year 2200, is never.

-- An order's events, oldest first. `at`: when it was decided; `seen`: when whoever tells of it saw it; `rows`: units by SKU.
CREATE VIEW IF NOT EXISTS lives AS
SELECT
    t.order_id AS order_id,
    any(toString(t.pool)) AS pool,
    argMinIf(toString(t.shop), t.k_off, t.revision > 0) AS shop,
    argMinIf(toString(t.channel), t.k_off, t.revision > 0) AS channel,
    argMinIf(toUnixTimestamp64Milli(t.placed_at), t.k_off, t.revision > 0) AS placed_ms,
    argMinIf(toUnixTimestamp64Milli(t.received_at), t.k_off, t.revision > 0) AS received_ms,
    arraySort(event -> event.pos, groupArrayArray(arrayMap(
        (ordinal, nth, type, node, fulfilment, reasons, payload) -> CAST(
            (
                bitShiftLeft(t.k_off, 20) + ordinal,
                toUnixTimestamp64Milli(t.k_time),
                toString(type),
                toString(node),
                fulfilment,
                reasons,
                arrayMap(row -> (row.1, row.2), arrayFilter(row -> row.3 = nth, arrayZip(t.row_skus, t.row_units, t.row_events))),
                least(greatest(JSONExtractInt(payload, transform(
                    toString(type),
                    ['Shipped', 'FoundShipped', 'Delivered', 'Returned'], ['shipped_at', 'shipped_at', 'delivered_at', 'returned_at'], 'at')), 0), 7258118399999),
                JSONExtractString(payload, 'carrier'),
                upperUTF8(replaceRegexpAll(JSONExtractString(payload, 'tracking'), '\\s+', ''))
            ),
            'Tuple(pos UInt64, at Int64, type String, node String, fulfilment String, reasons Array(String), rows Array(Tuple(sku String, units Int64)), seen Int64, carrier String, tracking String)'),
        t.event_ordinals, arrayEnumerate(t.event_types), t.event_types, t.event_nodes, t.event_fulfilments, t.event_reasons, t.event_payloads))) AS events,
    arrayFilter(event -> event.type IN ('Shipped', 'FoundShipped'), events) AS left,
    arrayFilter(event -> event.type = 'Delivered', events) AS delivered,
    arrayFilter(event -> event.type = 'Returned', events) AS returned,
    arrayFold(
        (held, event) -> multiIf(
            event.type IN ('OrderPlaced', 'OrderCancelled'), emptyArrayString(),
            event.type = 'OrderHeld', event.reasons,
            event.type = 'HoldReleased', arrayFilter(reason -> NOT has(event.reasons, reason), held),
            held),
        events, emptyArrayString()) AS holds,
    arrayLast(event -> event.type = 'Backordered', events).rows AS waiting,
    arrayReduce(
        'sumMap',
        arrayMap(event -> [event.fulfilment], events),
        arrayMap(event -> [arraySum(event.rows.units) * transform(event.type, ['Reserved', 'Unreserved', 'Shipped'], [1, -1, -1], 0)], events)) AS units_left,
    arrayFilter((name, units) -> units > 0, units_left.1, units_left.2) AS unshipped,
    -- told to nodes that still have units of them to ship
    arrayFilter(event -> event.type = 'Reserved' AND has(unshipped, event.fulfilment), events) AS open
FROM (SELECT * FROM told WHERE notEmpty(event_types)) AS t
GROUP BY t.order_id
HAVING has(events.type, 'OrderPlaced');

-- Which unit is followed: `sku` ('': any), the fulfilment it came by at last, the shipment it left in, and when it was there.
CREATE VIEW IF NOT EXISTS critical_paths AS
SELECT
    order_id, pool, shop, channel, placed_ms, received_ms, events,
    notEmpty(holds) OR notEmpty(waiting) AS stuck,
    arrayFilter(event -> NOT has(delivered.tracking, event.tracking), left) AS on_its_way,
    arraySort(event -> (-event.seen, event.pos), delivered)[1] AS arrived,
    arrayLast(event -> event.tracking = arrived.tracking AND has(event.rows.sku, arrived.rows[1].sku), left) AS came_in,
    multiIf(stuck OR notEmpty(open) OR empty(left), [], notEmpty(on_its_way), [on_its_way[-1]], [came_in]) AS parcels,
    multiIf(
        stuck, waiting[1].sku,
        notEmpty(open), open[-1].rows[1].sku,
        empty(left), arrayLast(event -> event.type = 'Unreserved', events).rows[1].sku,
        notEmpty(on_its_way), on_its_way[-1].rows[1].sku,
        arrived.rows[1].sku) AS sku,
    multiIf(stuck, '', notEmpty(open), open[-1].fulfilment, notEmpty(parcels), parcels[1].fulfilment, '') AS fulfilment,
    arrayFilter(event -> event.type IN ('OrderCancelled', 'OrderRejected', 'OrderReduced', 'Unreserved'), events).at AS ends,
    arrayLast(event -> event.type IN ('OrderPlaced', 'OrderCancelled', 'OrderRejected'), events).type != 'OrderPlaced'
        OR has(events.type, 'OrderReduced') AS off,
    greatest(placed_ms, multiIf(
        stuck OR notEmpty(open), 7258118400000,
        empty(left), if(off, arrayMax(ends), 7258118400000),
        empty(on_its_way), arrived.seen,
        arraySum(arrayFlatten(returned.rows.units)) = arraySum(arrayFlatten(left.rows.units)), arrayMax(returned.seen),
        7258118400000)) AS stop
FROM lives;

-- One row a state of that unit in its order, from `since` until `until` (NULL: still). A state that was over before it began, as people
-- observe late and in any order, has no time and no row. `ended`: when the order was there, or over otherwise.
CREATE VIEW IF NOT EXISTS journeys AS
SELECT
    order_id, pool, shop, channel,
    if(stop < 7258118400000, fromUnixTimestamp64Milli(stop, 'UTC'), NULL) AS ended,
    state.1 AS step, state.2.2 AS part, state.2.3 AS reason, state.2.4 AS who,
    fromUnixTimestamp64Milli(state.3, 'UTC') AS since,
    if(state.4 < 7258118400000, fromUnixTimestamp64Milli(state.4, 'UTC'), NULL) AS until
FROM
(
    SELECT
        *,
        arrayFirst(event -> event.type = 'Reserved' AND event.fulfilment = fulfilment, events) AS told,
        -- until its last fulfilment was told to a node
        arrayFilter(event -> fulfilment = '' OR event.pos < told.pos, events) AS earlier,
        arrayMap(event -> arraySum(arrayMap(row -> if(sku IN ('', row.sku), row.units, 0), event.rows)), earlier) AS units,
        arrayFold(
            (held, event) -> arrayPushBack(held, multiIf(
                event.type IN ('OrderPlaced', 'OrderCancelled'), emptyArrayString(),
                event.type = 'OrderHeld', event.reasons,
                event.type = 'HoldReleased', arrayFilter(reason -> NOT has(event.reasons, reason), held[-1]),
                held[-1])),
            earlier, CAST([], 'Array(Array(String))')) AS held,
        arrayFill(wait -> wait.1, arrayMap(
            event -> (event.type = 'Backordered', arrayFirst(row -> sku IN ('', row.sku), event.rows).sku), earlier)) AS waits,
        arrayCumSum(arrayMap(
            (event, moved) -> moved * transform(event.type, ['Reserved', 'Unreserved', 'Shipped'], [1, -1, -1], 0), earlier, units)) AS promised,
        arrayCumSum(arrayMap(
            (event, moved) -> moved * transform(event.type, ['Shipped', 'FoundShipped', 'Delivered'], [1, 1, -1], 0), earlier, units)) AS gone,
        arrayFill(node -> node.1, arrayMap((event, moved) -> (event.type = 'Reserved' AND moved > 0, event.node), earlier, units)) AS nodes,
        arrayFill(carrier -> carrier.1, arrayMap(
            (event, moved) -> (event.type IN ('Shipped', 'FoundShipped') AND moved > 0, event.carrier), earlier, units)) AS carriers,
        arrayMap(
            (event, holds, wait, promise, sent, node, carrier) -> (event.at, multiIf(
                notEmpty(holds), ('hold', arrayStringConcat(holds, ', '), ''),
                wait.2 != '', ('stock', wait.2, ''),
                promise != 0, ('node', 'in_vain', node.2),
                sent != 0, ('carrier', 'in_vain', carrier.2),
                ('release', '', ''))),
            earlier, held, waits, promised, gone, nodes, carriers) AS before,
        -- a label that was printed is no parcel yet
        arrayFilter(
            event -> notEmpty(parcels) AND event.type = 'Tracked' AND event.tracking != '' AND event.tracking = parcels[1].tracking
                AND event.reasons != ['label'],
            events) AS tracked,
        if(empty(parcels), 7258118400000, arrayMin(arrayPushBack(tracked.seen, parcels[1].seen))) AS handed_over,
        arrayMap(
            event -> multiIf(
                event.type = 'Reserved', (event.at, ('node', 'told', event.node)),
                event.type = 'Progressed', (least(event.seen, handed_over), ('node', event.reasons[1], event.node)),
                (least(event.at, handed_over), ('node', if(event.type = 'CancelRefused', 'cancel_refused', 'cancel_asked'), event.node))),
            arrayFilter(
                event -> fulfilment != '' AND event.fulfilment = fulfilment AND event.type IN ('Reserved', 'Progressed', 'CancelRequested', 'CancelRefused'),
                events)) AS at_node,
        arrayFirst(carrier -> carrier != '', arrayPushFront(tracked.carrier, parcels[1].carrier)) AS takes_it,
        if(empty(parcels), [], arrayConcat(
            [(handed_over, ('carrier', 'shipped', takes_it))],
            arrayMap(event -> (event.seen, ('carrier', event.reasons[1], takes_it)), tracked))) AS carried,
        arrayMap(
            cut -> (toInt64(cut.1), cut.2.1, cut.2.2, cut.2.3),
            arrayConcat(
                [(placed_ms, ('channel', '', channel)), (received_ms, ('intake', '', ''))],
                before, at_node, carried)) AS cuts,
        -- no state begins before the one it follows, and none after the end
        arrayMap(
            at -> least(at, stop),
            arrayFold((begins, cut) -> arrayPushBack(begins, greatest(begins[-1], cut.1)), cuts, emptyArrayInt64())) AS begins,
        arrayZip(arrayEnumerate(cuts), cuts, begins, arrayPushBack(arrayPopFront(begins), stop)) AS states
    FROM critical_paths
)
ARRAY JOIN states AS state
WHERE state.4 > state.3;

-- What left, one row a shipment: `status` is what its carrier said last ('': nothing yet). Times NULL: never.
CREATE VIEW IF NOT EXISTS parcels AS
SELECT
    order_id, pool, shop, channel, box.fulfilment AS fulfilment, box.node AS node, box.tracking AS tracking,
    if(box.carrier != '', box.carrier, word.carrier) AS carrier,
    arraySum(box.rows.units) AS units,
    fromUnixTimestamp64Milli(placed_ms, 'UTC') AS placed_at,
    fromUnixTimestamp64Milli(box.seen, 'UTC') AS shipped_at,
    arrayLast(event -> event.type = 'Tracked' AND event.tracking = box.tracking, events) AS word,
    word.reasons[1] AS status,
    if(status != '', fromUnixTimestamp64Milli(word.seen, 'UTC'), NULL) AS status_at,
    arrayLast(event -> event.tracking = box.tracking, delivered).seen AS delivered_ms,
    if(delivered_ms > 0, fromUnixTimestamp64Milli(delivered_ms, 'UTC'), NULL) AS delivered_at
FROM lives
ARRAY JOIN left AS box;
