-- `decided` with the events and rows of orders that one node promised whole.
CREATE VIEW IF NOT EXISTS told AS
SELECT
    k_topic, k_part, k_off, k_time, rank, pool, order_id, shop, channel, segment, number, region, currency, revision, placed_at, received_at,
    line_names, line_listings, line_skus, line_quantities, line_units, line_prices,
    if(whole, [0, 1, 2], d.event_ordinals) AS event_ordinals,
    if(whole, ['OrderPlaced', 'Considered', 'Reserved'], d.event_types) AS event_types,
    if(whole, ['', '', promised_by], d.event_nodes) AS event_nodes,
    if(whole, ['', '', fulfilment], d.event_fulfilments) AS event_fulfilments,
    if(whole, [units, 0, units], d.event_units) AS event_units,
    if(whole, [[], [], []], d.event_reasons) AS event_reasons,
    if(whole, arrayPushBack(d.event_payloads, concat(
        '{"type":"Reserved","order":', toJSONString(order_id), ',"fulfilment":', toJSONString(fulfilment), ',"node":', toJSONString(toString(promised_by)),
        ',"rows":[',
        arrayStringConcat(arrayMap(
            (line, sku, quantity) -> concat('[', toJSONString(line), ',', toJSONString(sku), ',', toString(quantity), ',[]]'),
            line_names, line_skus, line_units), ','),
        ']}')), d.event_payloads) AS event_payloads,
    if(whole, arrayResize([3], length(line_skus), 3), d.row_events) AS row_events,
    if(whole, line_skus, d.row_skus) AS row_skus,
    if(whole, line_units, d.row_units) AS row_units,
    candidate_events, candidate_nodes, candidate_covers, candidate_scores, candidate_verdicts, candidate_wanted,
    promised_by != '' AS whole
FROM decided AS d;

-- Units in every place now; over all places of a SKU, the outside included, they sum to zero.
CREATE VIEW IF NOT EXISTS stock AS
SELECT pool, sku, side.1 AS node, side.2 AS place, side.3 AS units
FROM (SELECT pool, sku, from_node, from_place, to_node, to_place, units AS moved FROM flows)
ARRAY JOIN [(toString(from_node), toString(from_place), -moved), (toString(to_node), toString(to_place), moved)] AS side;

-- One row per decision taken over from the log.
CREATE VIEW IF NOT EXISTS decisions AS
SELECT
    k_topic, k_part, k_off, k_time, pool, seq, src_offset, command_id, source, source_part, source_off, decider, policy_version, kind, outcome,
    order_id, shop, channel, segment, revision, lines, units,
    if(revision > 0, d.received_at, NULL) AS received_at,
    -- two machines' clocks: a receipt after its decision is shown as no time at all
    if(revision > 0, greatest(0, toUnixTimestamp64Milli(k_time) - toUnixTimestamp64Milli(d.received_at)), NULL) AS latency_ms,
    code, sentence, record_hash
FROM decided AS d
WHERE rank = 0;

-- Every event of an order in the order of the log; `payload` is the event as JSON without personal data and without its lines.
CREATE VIEW IF NOT EXISTS order_events AS
SELECT
    k_topic, k_part, k_off, k_time, ordinal, pool, order_id, type, node, fulfilment, units_of_event AS units, reasons, payload,
    if(type = 'OrderPlaced', d.shop, '') AS shop,
    if(type = 'OrderPlaced', d.channel, '') AS channel,
    if(type = 'OrderPlaced', d.segment, '') AS segment,
    if(type = 'OrderPlaced', d.number, '') AS number,
    if(type = 'OrderPlaced', d.region, '') AS region,
    if(type = 'OrderPlaced', d.currency, '') AS currency,
    if(type = 'OrderPlaced', d.revision, 0) AS revision,
    if(type = 'OrderPlaced', d.placed_at, NULL) AS placed_at,
    if(type = 'OrderPlaced', d.received_at, NULL) AS received_at
FROM told AS d
ARRAY JOIN
    event_ordinals AS ordinal, event_types AS type, event_nodes AS node, event_fulfilments AS fulfilment, event_units AS units_of_event,
    event_reasons AS reasons, event_payloads AS payload;

-- One row per line and SKU of every revision; a line with an unknown listing has SKU ''. `quantity` counts the line's units,
-- `units` those of the SKU (a bundle has several SKUs), `price` is in minor units for one of the line.
CREATE VIEW IF NOT EXISTS order_lines AS
SELECT
    k_topic, k_part, k_off, k_time, order_id, revision, line, listing, sku, quantity, units_of_sku AS units, price,
    currency, shop, channel, segment, placed_at
FROM told
ARRAY JOIN
    line_names AS line, line_listings AS listing, line_skus AS sku, line_quantities AS quantity, line_units AS units_of_sku,
    line_prices AS price;

-- What an order waits for after this decision, as two parallel arrays; empty: for nothing more.
CREATE VIEW IF NOT EXISTS backorders AS
SELECT
    k_topic, k_part, k_off, k_time, ordinal, pool, order_id,
    arrayFilter((sku, of) -> of = nth, row_skus, row_events) AS skus,
    arrayFilter((count, of) -> of = nth, row_units, row_events) AS units
FROM (SELECT * FROM told WHERE has(event_types, 'Backordered'))
ARRAY JOIN event_ordinals AS ordinal, event_types AS type, arrayEnumerate(event_types) AS nth
WHERE type = 'Backordered';

-- Promised units that turned out not to be there.
CREATE VIEW IF NOT EXISTS shortages AS
SELECT
    k_topic, k_part, k_off, k_time, event_ordinals[nth] AS ordinal, pool, order_id, event_nodes[nth] AS node, sku, quantity
FROM (SELECT * FROM told WHERE has(event_types, 'Shortage'))
ARRAY JOIN row_events AS nth, row_skus AS sku, row_units AS quantity
WHERE event_types[nth] = 'Shortage';

-- What happened to fulfilment orders. `step`: ordered, given_back, cancel_asked, refused, shipped.
CREATE VIEW IF NOT EXISTS fulfilments AS
SELECT
    k_topic, k_part, k_off, k_time, ordinal, pool, order_id, fulfilment, node,
    transform(type, ['Reserved', 'Unreserved', 'CancelRequested', 'FulfilmentRejected'], ['ordered', 'given_back', 'cancel_asked', 'refused'], 'shipped') AS step,
    units_of_event AS units,
    toUInt32(countEqual(row_events, nth)) AS lines,
    reasons[1] AS reason,
    if(step = 'shipped', JSONExtractString(payload, 'carrier'), '') AS carrier,
    if(step = 'shipped', JSONExtractString(payload, 'tracking'), '') AS tracking,
    if(step = 'shipped', fromUnixTimestamp64Milli(least(greatest(JSONExtractInt(payload, 'shipped_at'), 0), 7258118399999), 'UTC'), NULL) AS shipped_at
FROM told
ARRAY JOIN
    event_ordinals AS ordinal, event_types AS type, event_nodes AS node, event_fulfilments AS fulfilment, event_units AS units_of_event,
    event_reasons AS reasons, event_payloads AS payload, arrayEnumerate(event_types) AS nth
WHERE type IN ('Reserved', 'Unreserved', 'CancelRequested', 'FulfilmentRejected', 'Shipped', 'FoundShipped');

-- The nodes looked at for an order. `covers`: how many of the `wanted` units the node had; `scores` go with `criteria`.
CREATE VIEW IF NOT EXISTS candidates AS
SELECT
    k_topic, k_part, k_off, k_time, event_ordinals[nth] AS ordinal, pool, order_id, node, covers, wanted,
    JSONExtract(event_payloads[nth], 'criteria', 'Array(String)') AS criteria, scores, verdict
FROM told
ARRAY JOIN
    candidate_events AS nth, candidate_nodes AS node, candidate_covers AS covers, candidate_wanted AS wanted, candidate_scores AS scores,
    candidate_verdicts AS verdict;

-- Every double-entry move, those implied by Reserved, Unreserved and Shipped included. A node is '' where the place is outside.
CREATE VIEW IF NOT EXISTS moves AS
SELECT
    k_topic, k_part, k_off, k_time, ordinal, position, pool, cause, document, '' AS order_id, sku, quantity,
    from_node, from_place, to_node, to_place
FROM stock_moves
UNION ALL
SELECT
    k_topic, k_part, k_off, k_time, 2 AS ordinal, toUInt32(nth - 1) AS position, pool, 'reserved' AS cause, fulfilment AS document, order_id,
    sku, quantity, promised_by AS from_node, 'on_hand' AS from_place, promised_by AS to_node, 'reserved' AS to_place
FROM decided
ARRAY JOIN line_skus AS sku, line_units AS quantity, arrayEnumerate(line_skus) AS nth
WHERE promised_by != ''
UNION ALL
SELECT
    k_topic, k_part, k_off, k_time, event_ordinals[nth] AS ordinal, toUInt32(position_of - 1) AS position, pool,
    multiIf(type = 'Reserved', 'reserved', type = 'Returned', 'returned', type = 'Unreserved', event_reasons[nth][1], 'shipped') AS cause,
    if(type = 'Returned', JSONExtractString(event_payloads[nth], 'document'), event_fulfilments[nth]) AS document,
    order_id, sku, quantity,
    if(type IN ('FoundShipped', 'Returned'), '', event_nodes[nth]) AS from_node,
    transform(type, ['Reserved', 'FoundShipped', 'Returned'], ['on_hand', 'adjustment', 'customer'], 'reserved') AS from_place,
    if(to_place IN ('supplier', 'customer', 'adjustment'), '', event_nodes[nth]) AS to_node,
    multiIf(
        type = 'Reserved', 'reserved',
        type = 'Returned', 'quality',
        type = 'Unreserved', JSONExtractString(event_payloads[nth], 'to'),
        'customer') AS to_place
FROM (SELECT *, arrayMap(of -> event_types[of], row_events) AS row_types FROM decided WHERE notEmpty(row_events))
ARRAY JOIN row_events AS nth, row_types AS type, row_skus AS sku, row_units AS quantity, arrayEnumerateUniq(row_events) AS position_of
WHERE type IN ('Reserved', 'Unreserved', 'Shipped', 'FoundShipped', 'Returned');

-- Units wanted, as first ordered: demand is not sales, so units that could not be promised count too (node ''). What cancels and
-- refunds give back stands apart in `cancelled`, with channel '', because their events do not name it.
-- Later revisions are no new demand (mostly payments and addresses); their lines are in order_lines.
CREATE VIEW IF NOT EXISTS demand AS
SELECT
    k_topic, k_part, k_off, k_time, pool, order_id, toDate32(placed_at) AS day, sku, channel, toString(promised_by) AS node,
    sum(quantity) AS units, toInt64(0) AS cancelled
FROM (SELECT * EXCEPT units FROM decided WHERE revision = 1 AND promised_by != '')
ARRAY JOIN line_skus AS sku, line_units AS quantity
GROUP BY k_topic, k_part, k_off, k_time, pool, order_id, day, sku, channel, node
HAVING units > 0
UNION ALL
SELECT
    k_topic, k_part, k_off, k_time, pool, order_id, toDate32(placed_at) AS day, part.1 AS sku, channel, part.2 AS node,
    sum(part.3) AS units, toInt64(0) AS cancelled
FROM
(
    SELECT
        k_topic, k_part, k_off, k_time, pool, order_id, placed_at, channel, line_skus, line_units,
        arrayFilter(row -> row.4 = 'Reserved', arrayMap(
            (of, sku, quantity) -> (sku, toString(event_nodes[of]), quantity, event_types[of]), row_events, row_skus, row_units)) AS taken
    FROM decided
    WHERE revision = 1 AND promised_by = ''
)
ARRAY JOIN arrayConcat(
    arrayMap((sku, quantity) -> (sku, '', quantity), line_skus, line_units),
    arrayMap(row -> (row.1, row.2, row.3), taken),
    arrayMap(row -> (row.1, '', -row.3), taken)) AS part
GROUP BY k_topic, k_part, k_off, k_time, pool, order_id, day, sku, channel, node
HAVING units > 0
UNION ALL
SELECT
    k_topic, k_part, k_off, k_time, pool, order_id,
    toDate32(if(
        has(event_types, 'OrderCancelled'),
        fromUnixTimestamp64Milli(
            least(greatest(JSONExtractInt(event_payloads[indexOf(event_types, 'OrderCancelled')], 'updated_at'), 0), 7258118399999), 'UTC'),
        k_time)) AS day,
    sku, '' AS channel, toString(event_nodes[nth]) AS node, toInt64(0) AS units, quantity AS cancelled
FROM (SELECT * EXCEPT (channel, units) FROM decided WHERE has(event_types, 'Unreserved'))
ARRAY JOIN row_events AS nth, row_skus AS sku, row_units AS quantity
WHERE event_types[nth] = 'Unreserved' AND event_reasons[nth][1] IN ('cancelled', 'reduced', 'cancel_confirmed');

-- Orders as they stand now: units, reasons held for, and the status that follows from them, in the words of topic `order-status`.
-- An order lives in one partition, so (offset, ordinal) puts its events in order; a `…_pos` is both in one number, 0 for never.
CREATE VIEW IF NOT EXISTS orders AS
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
        c.order_id AS order_id,
        max(toString(c.pool)) AS pool,
        max(toString(c.shop)) AS shop,
        max(toString(c.channel)) AS channel,
        max(toString(c.segment)) AS segment,
        max(c.number) AS number,
        max(toString(c.region)) AS region,
        max(toString(c.currency)) AS currency,
        max(c.revision) AS revision,
        max(if(c.revision > 0, c.placed_at, NULL)) AS placed_at,
        min(if(c.revision > 0, c.received_at, NULL)) AS received_at,
        max(c.k_time) AS changed_at,
        sum(arraySum((type, units) -> multiIf(type = 'Reserved', units, type IN ('Unreserved', 'Shipped'), -units, 0), c.event_types, c.event_units)) AS reserved,
        sum(arraySum((type, units) -> if(type IN ('Shipped', 'FoundShipped'), units, 0), c.event_types, c.event_units)) AS shipped,
        sum(arraySum((type, units) -> if(type = 'Returned', units, 0), c.event_types, c.event_units)) AS returned,
        argMaxIf(
            arrayLast((units, type) -> type IN ('OrderPlaced', 'OrderResolved'), c.event_units, c.event_types),
            c.k_off,
            hasAny(c.event_types, ['OrderPlaced', 'OrderResolved'])) AS ordered,
        argMaxIf(
            arrayLast((units, type) -> type = 'Backordered', c.event_units, c.event_types), c.k_off, has(c.event_types, 'Backordered')) AS waiting,
        sum(countEqual(c.event_types, 'OrderReduced')) AS reductions,
        max(arrayMax((ordinal, type) -> if(type = 'OrderPlaced', bitShiftLeft(c.k_off, 20) + ordinal + 1, 0), c.event_ordinals, c.event_types)) AS placed_pos,
        max(arrayMax((ordinal, type) -> if(type = 'OrderCancelled', bitShiftLeft(c.k_off, 20) + ordinal + 1, 0), c.event_ordinals, c.event_types)) AS cancelled_pos,
        max(arrayMax((ordinal, type) -> if(type = 'OrderRejected', bitShiftLeft(c.k_off, 20) + ordinal + 1, 0), c.event_ordinals, c.event_types)) AS rejected_pos,
        -- a revision or a cancel ends all holds before it
        arrayFold(
            (held, change) -> if(change.2 = 'OrderHeld', change.3, arrayFilter(reason -> NOT has(change.3, reason), held)),
            arraySort(arrayFilter(
                change -> change.1 > greatest(placed_pos, cancelled_pos),
                groupArrayArray(arrayFilter(
                    change -> change.2 IN ('OrderHeld', 'HoldReleased'),
                    arrayMap(
                        (ordinal, type, reasons) -> (bitShiftLeft(c.k_off, 20) + ordinal + 1, toString(type), reasons),
                        c.event_ordinals, c.event_types, c.event_reasons))))),
            emptyArrayString()) AS holds
    FROM told AS c
    WHERE notEmpty(c.event_types)
    GROUP BY c.order_id
);
