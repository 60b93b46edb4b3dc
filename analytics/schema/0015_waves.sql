-- A node's time has the reason 'wave' until it is told of what waits for its next wave, or for others of its recipient.
-- One row a state of that unit in its order, from `since` until `until` (NULL: still). A state that was over before it began, as people
-- observe late and in any order, has no time and no row. `ended`: when the order was there, or over otherwise.
CREATE OR REPLACE VIEW journeys AS
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
                event.type = 'Reserved', (event.at, ('node', if(event.reasons = ['wave'], 'wave', 'told'), event.node)),
                event.type = 'FulfilmentReleased', (least(event.at, handed_over), ('node', 'told', event.node)),
                event.type = 'Progressed', (least(event.seen, handed_over), ('node', event.reasons[1], event.node)),
                (least(event.at, handed_over), ('node', if(event.type = 'CancelRefused', 'cancel_refused', 'cancel_asked'), event.node))),
            arrayFilter(
                event -> fulfilment != '' AND event.fulfilment = fulfilment AND event.type IN ('Reserved', 'FulfilmentReleased', 'Progressed', 'CancelRequested',
                    'CancelRefused'),
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
