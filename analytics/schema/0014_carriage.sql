-- Who was chosen to carry what nodes were told to ship: one row per fulfilment. `service` '': none would do. `price` in minor units of
-- `currency`, of the whole parcel: `parcel` is the same for fulfilments that leave in one.
CREATE VIEW IF NOT EXISTS carriage AS
SELECT
    k_topic, k_part, k_off, k_time, ordinal, pool, order_id, node, fulfilment,
    if(JSONExtractString(payload, 'group') = '', fulfilment, JSONExtractString(payload, 'group')) AS parcel,
    JSONExtractUInt(payload, 'table') AS rates,
    JSONExtractString(payload, 'region') AS region,
    JSONExtractUInt(payload, 'grams') AS grams,
    JSONExtractString(payload, 'carrier') AS carrier,
    JSONExtractString(payload, 'service') AS service,
    JSONExtractString(payload, 'currency') AS currency,
    JSONExtractInt(payload, 'price') AS price,
    JSONExtractUInt(payload, 'days') AS days
FROM order_events
WHERE type = 'CarrierChosen';
