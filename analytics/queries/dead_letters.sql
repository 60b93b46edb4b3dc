-- title: Dead letters
-- about: Records that went no further, newest first; each once, however often a stage wrote it.
-- default limit: 100
-- default verdict:
SELECT
    l.k_time AS time, toString(l.verdict) AS verdict, toString(l.stage) AS stage, toString(l.code) AS code, l.sentence AS sentence,
    toString(l.shop) AS shop, l.src_key AS key, toString(l.src_topic) AS topic, l.src_part AS part, l.src_off AS off, l.bytes AS bytes
FROM (SELECT * FROM dead_letters ORDER BY k_part, k_off LIMIT 1 BY src_topic, src_part, src_off, stage) AS l
WHERE {verdict:String} = '' OR l.verdict = {verdict:String}
ORDER BY time DESC, l.k_off DESC
LIMIT {limit:UInt32}
