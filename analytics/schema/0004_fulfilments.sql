-- What happened to fulfilment orders. `step`: ordered, given_back, cancel_asked, refused, shipped.
CREATE TABLE IF NOT EXISTS fulfilments
(
    k_topic LowCardinality(String),
    k_part UInt32,
    k_off UInt64,
    k_time DateTime64(3, 'UTC'),
    ordinal UInt32,
    pool LowCardinality(String),
    order_id String,
    fulfilment String,
    node LowCardinality(String),
    step LowCardinality(String),
    units Int64,
    lines UInt32,
    reason String,
    carrier LowCardinality(String),
    tracking String,
    shipped_at Nullable(DateTime64(3, 'UTC'))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(k_time)
ORDER BY (order_id, fulfilment, k_off, ordinal)
SETTINGS non_replicated_deduplication_window = 10000;

-- The nodes looked at for an order. `covers`: how many of the `wanted` units the node had; `scores` go with `criteria`.
CREATE TABLE IF NOT EXISTS candidates
(
    k_topic LowCardinality(String),
    k_part UInt32,
    k_off UInt64,
    k_time DateTime64(3, 'UTC'),
    ordinal UInt32,
    pool LowCardinality(String),
    order_id String,
    node LowCardinality(String),
    covers Int64,
    wanted Int64,
    criteria Array(LowCardinality(String)),
    scores Array(Int64),
    verdict LowCardinality(String)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(k_time)
ORDER BY (k_time, node)
SETTINGS non_replicated_deduplication_window = 10000;
