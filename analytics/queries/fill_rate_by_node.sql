-- title: Fill rate by node
-- about: Of the units that orders asked for where the node could serve: how many it had. Of those it took on: how many it kept.
-- panel: table
-- unit: percentunit
SELECT
    toString(asked.node) AS node,
    asked.orders AS orders_seen,
    asked.chosen AS orders_taken,
    asked.wanted AS units_wanted,
    asked.covers AS units_had,
    if(asked.wanted = 0, 0, asked.covers / asked.wanted) AS fill_rate,
    promised.taken AS units_taken,
    promised.shipped AS units_shipped,
    promised.failed AS units_failed,
    if(promised.taken = 0, 1, 1 - promised.failed / promised.taken) AS kept_rate
FROM
(
    SELECT c.node, count() AS orders, countIf(c.verdict = 'chosen') AS chosen, sum(c.wanted) AS wanted, sum(least(c.covers, c.wanted)) AS covers
    FROM candidates AS c
    WHERE notEmpty(c.scores) AND c.verdict != 'not_reached'
    GROUP BY c.node
) AS asked
LEFT JOIN
(
    SELECT
        f.node,
        sumIf(f.units, f.step = 'ordered') AS taken,
        sumIf(f.units, f.step = 'shipped') AS shipped,
        sumIf(f.units, f.step = 'given_back' AND f.reason IN ('short', 'rejected')) AS failed
    FROM fulfilments AS f
    GROUP BY f.node
) AS promised ON promised.node = asked.node
ORDER BY units_taken DESC, node
