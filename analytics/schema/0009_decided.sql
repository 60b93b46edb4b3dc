-- From here on a decision is kept as what it is in the log, one record: a row with arrays. All that was a table of rows for its events,
-- lines and moves is a view of it. What was taken over in the older form is taken over again: the log of decisions is never deleted.
DROP VIEW IF EXISTS orders;
DROP VIEW IF EXISTS order_folds_mv;
DROP VIEW IF EXISTS order_returns_mv;
DROP VIEW IF EXISTS stock_mv;
DROP VIEW IF EXISTS demand_daily_mv;
DROP TABLE IF EXISTS decisions SETTINGS max_table_size_to_drop = 0;
DROP TABLE IF EXISTS order_events SETTINGS max_table_size_to_drop = 0;
DROP TABLE IF EXISTS order_lines SETTINGS max_table_size_to_drop = 0;
DROP TABLE IF EXISTS order_folds SETTINGS max_table_size_to_drop = 0;
DROP TABLE IF EXISTS backorders SETTINGS max_table_size_to_drop = 0;
DROP TABLE IF EXISTS moves SETTINGS max_table_size_to_drop = 0;
DROP TABLE IF EXISTS shortages SETTINGS max_table_size_to_drop = 0;
DROP TABLE IF EXISTS fulfilments SETTINGS max_table_size_to_drop = 0;
DROP TABLE IF EXISTS candidates SETTINGS max_table_size_to_drop = 0;
DROP TABLE IF EXISTS demand SETTINGS max_table_size_to_drop = 0;
DROP TABLE IF EXISTS stock SETTINGS max_table_size_to_drop = 0;
DROP TABLE IF EXISTS demand_daily SETTINGS max_table_size_to_drop = 0;

-- One row per decision and order that it changed; `rank` 0 is the order it was about (or none), the others were changed by the way.
-- Written last of each batch: what is here is in every other table as well. Arrays whose names begin alike go together:
--   line_…      one item per line and SKU of the revision that was placed; `line_units` are of the SKU, `line_prices` minor units for one
--   event_…     the events of this order; `event_ordinals` are their places in the decision
--   row_…       units of SKUs that events speak of; `row_events` and `candidate_events` name an event by its place in event_… (from 1)
--   candidate_… the nodes looked at: `candidate_wanted` are the units the order was looked at for
-- `promised_by`, where it is not '': the order was placed, considered, and reserved whole by this node. As nearly all are, this alone is
-- said, with the payloads of the first two events; event_… and row_… stay empty, and the view `told` fills them.
-- `revision` 0: this decision placed nothing, and all that only a placed order has is blank.
-- Rows come in the order of the key, so nothing is sorted; orders are found by the bloom filter. A file for each of so many columns is for
-- parts that are large.
CREATE TABLE IF NOT EXISTS decided
(
    k_topic LowCardinality(String),
    k_part UInt32,
    k_off UInt64,
    k_time DateTime64(3, 'UTC'),
    rank UInt32,
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
    code LowCardinality(String),
    sentence String,
    record_hash UInt64,
    order_id String,
    shop LowCardinality(String),
    channel LowCardinality(String),
    segment LowCardinality(String),
    number String,
    region LowCardinality(String),
    currency LowCardinality(String),
    revision UInt32,
    lines UInt32,
    units Int64,
    placed_at DateTime64(3, 'UTC'),
    received_at DateTime64(3, 'UTC'),
    promised_by LowCardinality(String),
    fulfilment String,
    line_names Array(String),
    line_listings Array(String),
    line_skus Array(String),
    line_quantities Array(Int64),
    line_units Array(Int64),
    line_prices Array(Int64),
    event_ordinals Array(UInt32),
    event_types Array(LowCardinality(String)),
    event_nodes Array(LowCardinality(String)),
    event_fulfilments Array(String),
    event_units Array(Int64),
    event_reasons Array(Array(String)),
    event_payloads Array(String),
    row_events Array(UInt32),
    row_skus Array(String),
    row_units Array(Int64),
    candidate_events Array(UInt32),
    candidate_nodes Array(LowCardinality(String)),
    candidate_covers Array(Int64),
    candidate_scores Array(Array(Int64)),
    candidate_verdicts Array(LowCardinality(String)),
    candidate_wanted Array(Int64),
    INDEX orders order_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(k_time)
ORDER BY (k_time, k_part, k_off, rank)
SETTINGS non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 100000000;

-- Moves that a document of the outside told of, one by one.
CREATE TABLE IF NOT EXISTS stock_moves
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

-- Units that went from one place to another so far, by pool and SKU. Each batch adds its sums.
CREATE TABLE IF NOT EXISTS flows
(
    pool LowCardinality(String),
    from_node LowCardinality(String),
    from_place LowCardinality(String),
    to_node LowCardinality(String),
    to_place LowCardinality(String),
    sku String,
    units Int64
)
ENGINE = SummingMergeTree
ORDER BY (pool, sku, from_node, from_place, to_node, to_place)
SETTINGS non_replicated_deduplication_window = 10000;

-- The sums of `demand`, added by each batch.
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
