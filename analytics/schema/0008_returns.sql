-- Units that came back of what an order had shipped, and those that turned out to have left when a count had missed them.
ALTER TABLE order_folds ADD COLUMN IF NOT EXISTS returned SimpleAggregateFunction(sum, Int64);

-- Beside order_folds_mv, which sees the same events and counts nothing of these two.
CREATE MATERIALIZED VIEW IF NOT EXISTS order_returns_mv TO order_folds AS
SELECT e.order_id AS order_id, sumIf(e.units, e.type = 'FoundShipped') AS shipped, sumIf(e.units, e.type = 'Returned') AS returned
FROM order_events AS e
WHERE e.type IN ('FoundShipped', 'Returned')
GROUP BY e.order_id;

-- Orders as they stand now: units, reasons held for, and the status that follows from them, in the words of topic `order-status`.
CREATE OR REPLACE VIEW orders AS
SELECT
    order_id, pool, shop, channel, segment, number, region, currency, revision, placed_at, received_at, changed_at,
    ordered, reserved, waiting, shipped, returned, holds,
    multiIf(
        rejected_pos > placed_pos, 'rejected',
        shipped > 0 AND returned = shipped AND reserved = 0 AND waiting = 0 AND empty(holds), 'returned',
        cancelled_pos > placed_pos AND reserved > 0, 'cancel_requested',
        cancelled_pos > placed_pos, if(shipped > 0, 'shipped', 'cancelled'),
        notEmpty(holds), 'held',
        waiting > 0, if(reserved + shipped > 0, 'partially_reserved', 'backordered'),
        shipped > 0, if(reserved > 0, 'partially_shipped', 'shipped'),
        reserved > 0, 'reserved',
        reductions > 0, 'cancelled',
        'accepted') AS status
FROM
(
    SELECT
        f.order_id AS order_id,
        max(f.pool) AS pool,
        max(f.shop) AS shop,
        max(f.channel) AS channel,
        max(f.segment) AS segment,
        max(f.number) AS number,
        max(f.region) AS region,
        max(f.currency) AS currency,
        max(f.revision) AS revision,
        max(f.placed_at) AS placed_at,
        min(f.received_at) AS received_at,
        max(f.changed_at) AS changed_at,
        sum(f.reserved) AS reserved,
        sum(f.shipped) AS shipped,
        sum(f.returned) AS returned,
        argMaxIfMerge(f.ordered) AS ordered,
        argMaxIfMerge(f.waiting) AS waiting,
        sum(f.reductions) AS reductions,
        max(f.placed_pos) AS placed_pos,
        max(f.cancelled_pos) AS cancelled_pos,
        max(f.rejected_pos) AS rejected_pos,
        arrayFold(
            (held, change) -> multiIf(
                change.3 = 'OrderHeld', change.4,
                change.3 = 'HoldReleased', arrayFilter(reason -> NOT has(change.4, reason), held),
                emptyArrayString()),
            arraySort(groupArrayIfMerge(f.holds)),
            emptyArrayString()) AS holds
    FROM order_folds AS f
    GROUP BY f.order_id
);
