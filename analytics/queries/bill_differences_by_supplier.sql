-- title: What bills are disputed for
-- about: Bills that came with a difference, by supplier and reason, and how they stand by now.
-- panel: table
-- unit: short
SELECT d.node AS supplier, d.reason AS reason, uniqExact(d.fulfilment, d.document) AS bills,
    uniqExactIf((d.fulfilment, d.document), d.verdict = 'disputed') AS disputed,
    uniqExactIf((d.fulfilment, d.document), d.verdict = 'approved') AS approved,
    uniqExactIf((d.fulfilment, d.document), d.verdict = 'rejected') AS rejected
FROM bill_differences AS d
WHERE d.came_at BETWEEN {from:DateTime64(3, 'UTC')} AND {to:DateTime64(3, 'UTC')}
GROUP BY supplier, reason
ORDER BY bills DESC, supplier, reason
