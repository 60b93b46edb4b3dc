-- Every double-entry move, those implied by Reserved, Unreserved and Shipped included. A node is '' where the place is outside.
CREATE TABLE IF NOT EXISTS moves
(
    k_topic LowCardinality(String),
    k_part UInt32,
    k_off UInt64,
    k_time DateTime64(3, 'UTC'),
    ordinal UInt32,
    position UInt32,
    pool LowCardinality(String),
    cause LowCardinality(String),
    document String,
    order_id String,
    sku String,
    quantity Int64,
    from_node LowCardinality(String),
    from_place LowCardinality(String),
    to_node LowCardinality(String),
    to_place LowCardinality(String)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(k_time)
ORDER BY (sku, k_part, k_off, ordinal, position)
SETTINGS non_replicated_deduplication_window = 10000;

-- Units in every place now; over all places of a SKU, the outside included, they sum to zero.
CREATE TABLE IF NOT EXISTS stock
(
    pool LowCardinality(String),
    sku String,
    node LowCardinality(String),
    place LowCardinality(String),
    units Int64
)
ENGINE = SummingMergeTree
ORDER BY (pool, sku, node, place)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS stock_mv TO stock AS
SELECT m.pool AS pool, m.sku AS sku, side.1 AS node, side.2 AS place, sum(side.3) AS units
FROM moves AS m
ARRAY JOIN [
    (toString(m.from_node), toString(m.from_place), -m.quantity),
    (toString(m.to_node), toString(m.to_place), m.quantity)] AS side
GROUP BY m.pool, m.sku, side.1, side.2;

-- Promised units that turned out not to be there.
CREATE TABLE IF NOT EXISTS shortages
(
    k_topic LowCardinality(String),
    k_part UInt32,
    k_off UInt64,
    k_time DateTime64(3, 'UTC'),
    ordinal UInt32,
    pool LowCardinality(String),
    order_id String,
    node LowCardinality(String),
    sku String,
    quantity Int64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(k_time)
ORDER BY (k_time, sku)
SETTINGS non_replicated_deduplication_window = 10000;
