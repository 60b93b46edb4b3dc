-- One row per decision taken over from the log. Written last of each batch: what is here is in every other table as well.
-- The deduplication window holds the tokens of the last batches, so that a batch sent again after a crash leaves no second copy.
CREATE TABLE IF NOT EXISTS decisions
(
    k_topic LowCardinality(String),
    k_part UInt32,
    k_off UInt64,
    k_time DateTime64(3, 'UTC'),
    pool LowCardinality(String),
    seq UInt64,
    src_offset Int64,
    command_id String,
    source LowCardinality(String),
    source_part Int32,
    source_off Int64,
    decider UInt32,
    policy_version Int64,
    kind LowCardinality(String),
    outcome LowCardinality(String),
    order_id String,
    shop LowCardinality(String),
    channel LowCardinality(String),
    segment LowCardinality(String),
    revision UInt32,
    lines UInt32,
    units Int64,
    received_at Nullable(DateTime64(3, 'UTC')),
    latency_ms Nullable(Int64),
    code LowCardinality(String),
    sentence String,
    record_hash UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(k_time)
ORDER BY (k_time, k_part, k_off)
SETTINGS non_replicated_deduplication_window = 10000;
