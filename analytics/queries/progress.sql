-- title: How far each raw partition is decided
-- about: The highest offset of `raw` that has a decision or a dead letter.
SELECT r.part AS partition, max(r.off) AS offset
FROM
(
    SELECT source_part AS part, source_off AS off FROM decisions WHERE source = 'raw'
    UNION ALL
    SELECT src_part AS part, src_off AS off FROM dead_letters WHERE src_topic = 'raw'
) AS r
GROUP BY r.part
ORDER BY r.part
