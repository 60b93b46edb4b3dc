-- Units wanted, as first ordered: demand is not sales, so units that could not be promised count too (node ''). What cancels and
-- refunds give back stands apart in `cancelled`, with channel '', because their events do not name it.
-- Later revisions are no new demand (mostly payments and addresses); their lines are in order_lines.
CREATE TABLE IF NOT EXISTS demand
(
    k_topic LowCardinality(String),
    k_part UInt32,
    k_off UInt64,
    k_time DateTime64(3, 'UTC'),
    pool LowCardinality(String),
    order_id String,
    day Date32,
    sku String,
    channel LowCardinality(String),
    node LowCardinality(String),
    units Int64,
    cancelled Int64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(k_time)
ORDER BY (sku, day, order_id)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS demand_daily
(
    sku String,
    day Date32,
    channel LowCardinality(String),
    node LowCardinality(String),
    units Int64,
    cancelled Int64
)
ENGINE = SummingMergeTree
ORDER BY (sku, day, channel, node)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS demand_daily_mv TO demand_daily AS
SELECT d.sku AS sku, d.day AS day, d.channel AS channel, d.node AS node, sum(d.units) AS units, sum(d.cancelled) AS cancelled
FROM demand AS d
GROUP BY d.sku, d.day, d.channel, d.node;
