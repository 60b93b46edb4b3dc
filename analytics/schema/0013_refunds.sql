-- What is to be given back of orders: one row per line of each refund, the charges as line ''. `amount` in minor units of `currency`.
CREATE VIEW IF NOT EXISTS refunds AS
SELECT
    k_topic, k_part, k_off, k_time, ordinal, pool, order_id,
    JSONExtractString(payload, 'refund') AS refund,
    JSONExtractString(payload, 'cause') AS cause,
    JSONExtractString(payload, 'currency') AS currency,
    JSONExtractString(payload, 'reason') AS reason,
    tupleElement(given_back, 1) AS line,
    tupleElement(given_back, 2) AS units,
    tupleElement(given_back, 3) AS amount
FROM order_events
ARRAY JOIN JSONExtract(payload, 'lines', 'Array(Tuple(String, Int64, Int64))') AS given_back
WHERE type = 'RefundDue';
