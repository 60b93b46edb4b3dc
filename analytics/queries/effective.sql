-- title: What was taken over
-- about: Records by topic and partition, and the xor of their hashes, to be compared with the log itself.
SELECT toString(r.k_topic) AS topic, r.k_part AS partition, count() AS records, max(r.k_off) AS last_offset, toString(groupBitXor(r.record_hash)) AS hash
FROM
(
    SELECT k_topic, k_part, k_off, record_hash FROM decisions
    UNION ALL
    SELECT k_topic, k_part, k_off, record_hash FROM dead_letters
) AS r
GROUP BY topic, partition
ORDER BY topic, partition
