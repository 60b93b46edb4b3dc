-- Every event of an order in the order of the log; `payload` is the event as JSON without personal data and without its lines.
CREATE TABLE IF NOT EXISTS order_events
(
    k_topic LowCardinality(String),
    k_part UInt32,
    k_off UInt64,
    k_time DateTime64(3, 'UTC'),
    ordinal UInt32,
    pool LowCardinality(String),
    order_id String,
    type LowCardinality(String),
    node LowCardinality(String),
    fulfilment String,
    units Int64,
    reasons Array(String),
    payload String CODEC(ZSTD(3)),
    shop LowCardinality(String),
    channel LowCardinality(String),
    segment LowCardinality(String),
    number String,
    region LowCardinality(String),
    currency LowCardinality(String),
    revision UInt32,
    placed_at Nullable(DateTime64(3, 'UTC')),
    received_at Nullable(DateTime64(3, 'UTC'))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(k_time)
ORDER BY (order_id, k_off, ordinal)
SETTINGS non_replicated_deduplication_window = 10000;

-- One row per line and SKU of every revision; a line with an unknown listing has SKU ''. `quantity` counts the line's units,
-- `units` those of the SKU (a bundle has several SKUs), `price` is in minor units for one of the line.
CREATE TABLE IF NOT EXISTS order_lines
(
    k_topic LowCardinality(String),
    k_part UInt32,
    k_off UInt64,
    k_time DateTime64(3, 'UTC'),
    order_id String,
    revision UInt32,
    line String,
    listing String,
    sku String,
    quantity Int64,
    units Int64,
    price Int64,
    currency LowCardinality(String),
    shop LowCardinality(String),
    channel LowCardinality(String),
    segment LowCardinality(String),
    placed_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(k_time)
ORDER BY (order_id, k_off, line, sku)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS order_folds
(
    order_id String,
    pool SimpleAggregateFunction(max, String),
    shop SimpleAggregateFunction(max, String),
    channel SimpleAggregateFunction(max, String),
    segment SimpleAggregateFunction(max, String),
    number SimpleAggregateFunction(max, String),
    region SimpleAggregateFunction(max, String),
    currency SimpleAggregateFunction(max, String),
    revision SimpleAggregateFunction(max, UInt32),
    placed_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'UTC'))),
    received_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
    changed_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    reserved SimpleAggregateFunction(sum, Int64),
    shipped SimpleAggregateFunction(sum, Int64),
    ordered AggregateFunction(argMaxIf, Int64, Tuple(UInt64, UInt32), UInt8),
    waiting AggregateFunction(argMaxIf, Int64, Tuple(UInt64, UInt32), UInt8),
    reductions SimpleAggregateFunction(sum, UInt64),
    placed_pos SimpleAggregateFunction(max, UInt64),
    cancelled_pos SimpleAggregateFunction(max, UInt64),
    rejected_pos SimpleAggregateFunction(max, UInt64),
    holds AggregateFunction(groupArrayIf, Tuple(UInt64, UInt32, String, Array(String)), UInt8)
)
ENGINE = AggregatingMergeTree
ORDER BY order_id
SETTINGS non_replicated_deduplication_window = 10000;

-- An order lives in one partition, so (offset, ordinal) puts its events in order; a `…_pos` is both in one number, 0 for never.
CREATE MATERIALIZED VIEW IF NOT EXISTS order_folds_mv TO order_folds AS
SELECT
    e.order_id AS order_id,
    max(toString(e.pool)) AS pool,
    max(toString(e.shop)) AS shop,
    max(toString(e.channel)) AS channel,
    max(toString(e.segment)) AS segment,
    max(e.number) AS number,
    max(toString(e.region)) AS region,
    max(toString(e.currency)) AS currency,
    max(e.revision) AS revision,
    max(e.placed_at) AS placed_at,
    min(e.received_at) AS received_at,
    max(e.k_time) AS changed_at,
    sum(multiIf(e.type = 'Reserved', e.units, e.type IN ('Unreserved', 'Shipped'), -e.units, 0)) AS reserved,
    sumIf(e.units, e.type = 'Shipped') AS shipped,
    argMaxIfState(e.units, (e.k_off, e.ordinal), e.type IN ('OrderPlaced', 'OrderResolved')) AS ordered,
    argMaxIfState(e.units, (e.k_off, e.ordinal), e.type = 'Backordered') AS waiting,
    countIf(e.type = 'OrderReduced') AS reductions,
    maxIf(bitShiftLeft(e.k_off, 20) + e.ordinal + 1, e.type = 'OrderPlaced') AS placed_pos,
    maxIf(bitShiftLeft(e.k_off, 20) + e.ordinal + 1, e.type = 'OrderCancelled') AS cancelled_pos,
    maxIf(bitShiftLeft(e.k_off, 20) + e.ordinal + 1, e.type = 'OrderRejected') AS rejected_pos,
    groupArrayIfState((e.k_off, e.ordinal, toString(e.type), e.reasons), e.type IN ('OrderPlaced', 'OrderHeld', 'HoldReleased', 'OrderCancelled')) AS holds
FROM order_events AS e
GROUP BY e.order_id;

-- Orders as they stand now: units, reasons held for, and the status that follows from them, in the words of topic `order-status`.
CREATE VIEW IF NOT EXISTS orders AS
SELECT
    order_id, pool, shop, channel, segment, number, region, currency, revision, placed_at, received_at, changed_at,
    ordered, reserved, waiting, shipped, holds,
    multiIf(
        rejected_pos > placed_pos, 'rejected',
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

-- What an order waits for after this decision, as two parallel arrays; empty: for nothing more.
CREATE TABLE IF NOT EXISTS backorders
(
    k_topic LowCardinality(String),
    k_part UInt32,
    k_off UInt64,
    k_time DateTime64(3, 'UTC'),
    ordinal UInt32,
    pool LowCardinality(String),
    order_id String,
    skus Array(String),
    units Array(Int64)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(k_time)
ORDER BY (order_id, k_off, ordinal)
SETTINGS non_replicated_deduplication_window = 10000;
