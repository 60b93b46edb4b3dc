-- One row per finished forecast; it is written last, so a run that is here is whole.
CREATE TABLE IF NOT EXISTS forecast_runs
(
    run_id UInt64,
    made_at DateTime64(3, 'UTC'),
    first_day Date32,
    last_day Date32,
    horizon UInt32,
    lead_days UInt32,
    champion LowCardinality(String),
    series UInt32,
    seconds Float64
)
ENGINE = ReplacingMergeTree
ORDER BY run_id
TTL toDateTime(made_at) + INTERVAL 1 YEAR;

-- Expected daily units with the bounds of an 80 % interval; SKU '' is all demand as one.
CREATE TABLE IF NOT EXISTS forecasts
(
    run_id UInt64,
    made_at DateTime64(3, 'UTC'),
    sku String,
    day Date32,
    model LowCardinality(String),
    mean Float64,
    low Float64,
    high Float64
)
ENGINE = ReplacingMergeTree
ORDER BY (sku, run_id, day)
TTL toDateTime(made_at) + INTERVAL 30 DAY;

-- Units wanted over the whole lead time: the expected sum, and 99 quantiles of it (0.01 to 0.99).
CREATE TABLE IF NOT EXISTS lead_demand
(
    run_id UInt64,
    made_at DateTime64(3, 'UTC'),
    sku String,
    model LowCardinality(String),
    mean Float64,
    ladder Array(Float64)
)
ENGINE = ReplacingMergeTree
ORDER BY (sku, run_id)
TTL toDateTime(made_at) + INTERVAL 30 DAY;

-- How each model did at each past origin. `wrmsse` weighs SKUs by units.
CREATE TABLE IF NOT EXISTS backtests
(
    run_id UInt64,
    made_at DateTime64(3, 'UTC'),
    model LowCardinality(String),
    origin Date32,
    series UInt32,
    wrmsse Float64,
    rmsse_total Float64,
    wape Float64,
    bias Float64
)
ENGINE = ReplacingMergeTree
ORDER BY (run_id, model, origin)
TTL toDateTime(made_at) + INTERVAL 1 YEAR;
