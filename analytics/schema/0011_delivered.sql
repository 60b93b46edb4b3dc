-- An order of which all that was shipped has arrived is delivered.
-- Orders as they stand now: units, reasons held for, and the status that follows from them, in the words of topic `order-status`.
-- An order lives in one partition, so (offset, ordinal) puts its events in order; a `…_pos` is both in one number, 0 for never.
CREATE OR REPLACE VIEW orders AS
SELECT
    order_id, pool, shop, channel, segment, number, region, currency, revision, placed_at, received_at, changed_at,
    ordered, reserved, waiting, shipped, delivered, returned, holds,
    multiIf(
        rejected_pos > placed_pos, 'rejected',
        shipped > 0 AND returned = shipped AND reserved = 0 AND waiting = 0 AND empty(holds), 'returned',
        cancelled_pos > placed_pos AND reserved > 0, 'cancel_requested',
        cancelled_pos > placed_pos, if(shipped > 0, if(delivered >= shipped, 'delivered', 'shipped'), 'cancelled'),
        notEmpty(holds), 'held',
        waiting > 0, if(reserved + shipped > 0, 'partially_reserved', 'backordered'),
        shipped > 0, multiIf(reserved > 0, 'partially_shipped', delivered >= shipped, 'delivered', 'shipped'),
        reserved > 0, 'reserved',
        reductions > 0, 'cancelled',
        'accepted') AS status
FROM
(
    SELECT
        c.order_id AS order_id,
        max(toString(c.pool)) AS pool,
        max(toString(c.shop)) AS shop,
        max(toString(c.channel)) AS channel,
        max(toString(c.segment)) AS segment,
        max(c.number) AS number,
        max(toString(c.region)) AS region,
        max(toString(c.currency)) AS currency,
        max(c.revision) AS revision,
        max(if(c.revision > 0, c.placed_at, NULL)) AS placed_at,
        min(if(c.revision > 0, c.received_at, NULL)) AS received_at,
        max(c.k_time) AS changed_at,
        sum(arraySum((type, units) -> multiIf(type = 'Reserved', units, type IN ('Unreserved', 'Shipped'), -units, 0), c.event_types, c.event_units)) AS reserved,
        sum(arraySum((type, units) -> if(type IN ('Shipped', 'FoundShipped'), units, 0), c.event_types, c.event_units)) AS shipped,
        sum(arraySum((type, units) -> if(type = 'Delivered', units, 0), c.event_types, c.event_units)) AS delivered,
        sum(arraySum((type, units) -> if(type = 'Returned', units, 0), c.event_types, c.event_units)) AS returned,
        argMaxIf(
            arrayLast((units, type) -> type IN ('OrderPlaced', 'OrderResolved'), c.event_units, c.event_types),
            c.k_off,
            hasAny(c.event_types, ['OrderPlaced', 'OrderResolved'])) AS ordered,
        argMaxIf(
            arrayLast((units, type) -> type = 'Backordered', c.event_units, c.event_types), c.k_off, has(c.event_types, 'Backordered')) AS waiting,
        sum(countEqual(c.event_types, 'OrderReduced')) AS reductions,
        max(arrayMax((ordinal, type) -> if(type = 'OrderPlaced', bitShiftLeft(c.k_off, 20) + ordinal + 1, 0), c.event_ordinals, c.event_types)) AS placed_pos,
        max(arrayMax((ordinal, type) -> if(type = 'OrderCancelled', bitShiftLeft(c.k_off, 20) + ordinal + 1, 0), c.event_ordinals, c.event_types)) AS cancelled_pos,
        max(arrayMax((ordinal, type) -> if(type = 'OrderRejected', bitShiftLeft(c.k_off, 20) + ordinal + 1, 0), c.event_ordinals, c.event_types)) AS rejected_pos,
        -- a revision or a cancel ends all holds before it
        arrayFold(
            (held, change) -> if(change.2 = 'OrderHeld', change.3, arrayFilter(reason -> NOT has(change.3, reason), held)),
            arraySort(arrayFilter(
                change -> change.1 > greatest(placed_pos, cancelled_pos),
                groupArrayArray(arrayFilter(
                    change -> change.2 IN ('OrderHeld', 'HoldReleased'),
                    arrayMap(
                        (ordinal, type, reasons) -> (bitShiftLeft(c.k_off, 20) + ordinal + 1, toString(type), reasons),
                        c.event_ordinals, c.event_types, c.event_reasons))))),
            emptyArrayString()) AS holds
    FROM told AS c
    WHERE notEmpty(c.event_types)
    GROUP BY c.order_id
);
