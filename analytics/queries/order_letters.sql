-- title: What of one order went no further
-- about: Records that were rejected on their way in, and fulfilments that a partner did not take.
SELECT l.k_part AS part, l.k_off AS off, l.k_time AS time, toString(l.stage) AS stage, toString(l.code) AS code, l.sentence AS sentence
FROM dead_letters AS l
WHERE l.src_key = {order:String} AND l.verdict = 'rejected'
ORDER BY time, part, off
