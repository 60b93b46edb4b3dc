-- What suppliers ship for us, what they bill for it, what nodes found or lost, and whether promised dates were kept. `pos`: the place of an
-- event in its order's life, as in `lives`. Money in minor units of `currency`.

-- One row a bill. `verdict`: approved, disputed, or rejected by a person; `payable`: what of it is to be paid as it stands.
CREATE VIEW IF NOT EXISTS bills AS
SELECT
    b.k_time AS came_at, b.pool AS pool, b.order_id AS order_id, b.node AS node, b.fulfilment AS fulfilment,
    JSONExtractString(b.payload, 'document') AS document,
    JSONExtractString(b.payload, 'currency') AS currency,
    fromUnixTimestamp64Milli(least(greatest(JSONExtractInt(b.payload, 'billed_at'), 0), 7258118399999), 'UTC') AS billed_at,
    b.units AS units,
    JSONExtractInt(b.payload, 'freight') AS freight,
    JSONExtractInt(b.payload, 'total') AS total,
    JSONExtract(b.payload, 'differences', 'Array(Tuple(reason String, sku String, expected Int64, found Int64))') AS differences,
    multiIf(s.verdict != '', s.verdict, empty(differences), 'approved', 'disputed') AS verdict,
    if(verdict = 'approved', total, 0) AS payable,
    s.by AS settled_by,
    if(s.verdict != '', s.settled, NULL) AS settled_at
FROM (SELECT * FROM order_events WHERE type = 'BilledBack') AS b
LEFT JOIN
(
    SELECT
        fulfilment, JSONExtractString(payload, 'document') AS document, argMax(JSONExtractString(payload, 'verdict'), (k_off, ordinal)) AS verdict,
        argMax(JSONExtractString(payload, 'by'), (k_off, ordinal)) AS by, max(k_time) AS settled
    FROM order_events
    WHERE type = 'BillSettled'
    GROUP BY fulfilment, document
) AS s ON s.fulfilment = b.fulfilment AND s.document = JSONExtractString(b.payload, 'document');

-- Why bills were disputed when they came: one row a difference. `sku` '': the bill as a whole. `expected`, `found`: money for price and
-- freight, else units.
CREATE VIEW IF NOT EXISTS bill_differences AS
SELECT
    came_at, pool, order_id, node, fulfilment, document, currency, total, verdict,
    difference.1 AS reason, difference.2 AS sku, difference.3 AS expected, difference.4 AS found
FROM bills
ARRAY JOIN differences AS difference;

-- One row a purchase, which is the fulfilment that a supplier was told of. Units: `ordered`, `shipped`, `off` (it ships them no more), `open`.
-- `agreed`: what was shipped comes to with its freight; `approved`, `disputed`: of its bills; `credit`: to be credited for what came back.
CREATE VIEW IF NOT EXISTS purchases AS
SELECT
    f.pool AS pool, f.order_id AS order_id, f.fulfilment AS fulfilment, f.bought.node AS node, f.ordered_at AS ordered_at,
    JSONExtractString(f.bought.payload, 'currency') AS currency,
    JSONExtract(f.bought.payload, 'lines', 'Array(Tuple(String, String, Int64, Nullable(Int64)))') AS lines,
    -- of what was reserved before it was bought nothing was bought
    arrayFilter(event -> event.pos > f.bought.pos, f.events) AS since,
    arrayFlatten(arrayMap(
        event -> JSONExtract(event.payload, 'rows', 'Array(Tuple(String, String, Int64))'),
        arrayFilter(event -> event.type IN ('Shipped', 'FoundShipped'), since))) AS left,
    f.bought.units AS ordered,
    arraySum(left.3) AS shipped,
    arraySum(arrayMap(event -> event.units * transform(event.type, ['Unreserved', 'FoundShipped'], [1, -1], 0), since)) AS off,
    greatest(0, ordered - off - shipped) AS open,
    arraySum(arrayMap(row -> row.3 * ifNull(arrayLast(line -> line.2 = row.2, lines).4, 0), left))
        + if(notEmpty(left), JSONExtractInt(f.bought.payload, 'freight'), 0) AS agreed,
    b.approved AS approved, b.disputed AS disputed, b.bills AS bills,
    arraySum(arrayMap(
        line -> line.3 * ifNull(line.4, 0),
        arrayFlatten(arrayMap(
            event -> JSONExtract(event.payload, 'lines', 'Array(Tuple(String, String, Int64, Nullable(Int64)))'),
            arrayFilter(event -> event.type = 'CreditExpected', f.events))))) AS credit
FROM
(
    SELECT
        pool, order_id, fulfilment, minIf(k_time, type = 'PurchaseOrdered') AS ordered_at,
        arraySort(event -> event.pos, groupArray(CAST(
            (bitShiftLeft(k_off, 20) + ordinal, toString(type), toString(node), units, payload),
            'Tuple(pos UInt64, type String, node String, units Int64, payload String)'))) AS events,
        arrayFirst(event -> event.type = 'PurchaseOrdered', events) AS bought
    FROM order_events
    WHERE type IN ('PurchaseOrdered', 'Shipped', 'FoundShipped', 'Unreserved', 'CreditExpected')
    GROUP BY pool, order_id, fulfilment
    HAVING bought.type != ''
) AS f
LEFT JOIN
(
    SELECT fulfilment, sum(payable) AS approved, sumIf(total, verdict = 'disputed') AS disputed, count() AS bills FROM bills GROUP BY fulfilment
) AS b ON b.fulfilment = f.fulfilment;

-- What a node found or, negative, lost of a SKU in one of its buckets, and why. `counted` 1: its last count had seen it, so nothing was booked.
CREATE TABLE IF NOT EXISTS stock_changes
(
    k_topic LowCardinality(String),
    k_part UInt32,
    k_off UInt64,
    k_time DateTime64(3, 'UTC'),
    ordinal UInt32,
    position UInt32,
    pool LowCardinality(String),
    document String,
    node LowCardinality(String),
    bucket LowCardinality(String),
    reason LowCardinality(String),
    sku String,
    units Int64,
    counted UInt32,
    changed_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(k_time)
ORDER BY (node, sku, k_part, k_off, ordinal, position)
SETTINGS non_replicated_deduplication_window = 10000;

-- One row for each time that an order waited for a SKU and was promised a date for it. `first_date`, `last_date`: what it was promised first
-- and at last, by which supply; `dates`: how many. `ended_at`: when it waited no more (NULL: it still does), `there`: because it got its units.
CREATE VIEW IF NOT EXISTS promised_dates AS
SELECT
    pool, order_id, sku,
    min(told_at) AS promised_at,
    fromUnixTimestamp64Milli(argMin(date_ms, pos), 'UTC') AS first_date,
    fromUnixTimestamp64Milli(argMax(date_ms, pos), 'UTC') AS last_date,
    argMax(node, pos) AS node,
    argMax(supply, pos) AS supply,
    argMax(units, pos) AS units,
    count() AS dates,
    if(ending.pos > 0, fromUnixTimestamp64Milli(ending.at, 'UTC'), NULL) AS ended_at,
    has(ending.got, sku) AS there,
    -- a date is a day: the goods are in time until it is over
    multiIf(isNull(ended_at), 'open', NOT there, 'off', toDate(ended_at) <= toDate(first_date), 'kept', 'late') AS outcome
FROM
(
    SELECT
        d.pool AS pool, d.order_id AS order_id, d.pos AS pos, d.told_at AS told_at, d.dated.1 AS sku, d.dated.2 AS units, d.dated.3 AS node,
        d.dated.4 AS supply, least(greatest(d.dated.5, 0), 7258118399999) AS date_ms,
        arrayFirst(wait -> wait.pos > d.pos AND NOT has(wait.for, d.dated.1), w.waits) AS ending
    FROM
    (
        SELECT
            pool, order_id, bitShiftLeft(k_off, 20) + ordinal AS pos, k_time AS told_at,
            arrayJoin(JSONExtract(payload, 'dates', 'Array(Tuple(String, Int64, String, String, Int64))')) AS dated
        FROM order_events
        WHERE type = 'DatePromised'
    ) AS d
    INNER JOIN
    (
        -- what an order waits for from then on, and what the same decision reserves for it
        SELECT
            order_id,
            arraySort(wait -> wait.pos, groupArray(CAST(
                (
                    bitShiftLeft(k_off, 20) + event_ordinals[indexOf(event_types, 'Backordered')],
                    toUnixTimestamp64Milli(k_time),
                    arrayFilter((sku, of) -> event_types[of] = 'Backordered', row_skus, row_events),
                    arrayFilter((sku, of) -> event_types[of] = 'Reserved', row_skus, row_events)
                ),
                'Tuple(pos UInt64, at Int64, for Array(String), got Array(String))'))) AS waits
        FROM told
        WHERE has(event_types, 'Backordered')
        GROUP BY order_id
    ) AS w ON w.order_id = d.order_id
    WHERE units > 0
)
GROUP BY pool, order_id, sku, ending;
