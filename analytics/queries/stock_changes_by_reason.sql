-- title: Found and lost
-- about: Units that nodes found or lost, by their reason, without what a count had seen already.
-- panel: table
-- unit: short
SELECT c.node AS node, c.reason AS reason, c.bucket AS bucket, sum(greatest(c.units, 0)) AS found, -sum(least(c.units, 0)) AS lost,
    uniqExact(c.sku) AS skus, max(c.changed_at) AS latest
FROM stock_changes AS c
WHERE c.counted = 0 AND c.changed_at BETWEEN {from:DateTime64(3, 'UTC')} AND {to:DateTime64(3, 'UTC')}
GROUP BY node, reason, bucket
ORDER BY lost DESC, found DESC, node, reason, bucket
