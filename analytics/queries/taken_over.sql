-- title: What was taken over of one partition
-- about: Records at offsets from `start` to before `end`, and the xor of their hashes, to be compared with the log itself.
SELECT count() AS records, toString(groupBitXor(r.record_hash)) AS hash
FROM
(
    SELECT k_topic, k_part, k_off, record_hash FROM decisions
    UNION ALL
    SELECT k_topic, k_part, k_off, record_hash FROM dead_letters
) AS r
WHERE r.k_topic = {topic:String} AND r.k_part = {partition:UInt64} AND r.k_off >= {start:UInt64} AND r.k_off < {end:UInt64}
