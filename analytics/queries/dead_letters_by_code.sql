-- title: Dead letters by reason
-- panel: barchart
-- unit: short
SELECT toString(l.verdict) AS verdict, toString(l.code) AS code, count() AS letters, max(l.k_time) AS newest
FROM (SELECT * FROM dead_letters ORDER BY k_part, k_off LIMIT 1 BY src_topic, src_part, src_off, stage) AS l
GROUP BY verdict, code
ORDER BY letters DESC, code
