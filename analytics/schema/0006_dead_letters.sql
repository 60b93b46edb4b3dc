-- Records that went no further. The original bytes stay in Kafka: they may hold personal data.
CREATE TABLE IF NOT EXISTS dead_letters
(
    k_topic LowCardinality(String),
    k_part UInt32,
    k_off UInt64,
    k_time DateTime64(3, 'UTC'),
    verdict LowCardinality(String),
    stage LowCardinality(String),
    code LowCardinality(String),
    sentence String,
    src_topic LowCardinality(String),
    src_part Int32,
    src_off Int64,
    shop LowCardinality(String),
    src_key String,
    bytes UInt64,
    record_hash UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(k_time)
ORDER BY (k_time, k_part, k_off)
SETTINGS non_replicated_deduplication_window = 10000;
