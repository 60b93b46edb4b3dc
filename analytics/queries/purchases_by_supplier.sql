-- title: Bought of suppliers
-- about: What each supplier was told to ship for us, by day: units, and minor units agreed for what has left, approved, disputed and to be credited.
-- panel: table
-- unit: short
SELECT toStartOfDay(p.ordered_at) AS day, p.node AS supplier, p.currency AS currency, count() AS purchases, sum(p.ordered) AS ordered_units,
    sum(p.shipped) AS shipped_units, sum(p.off) AS units_off, sum(p.open) AS open_units, sum(p.agreed) AS agreed_minor_units,
    sum(p.approved) AS approved_minor_units, sum(p.disputed) AS disputed_minor_units, sum(p.credit) AS credit_minor_units
FROM purchases AS p
WHERE p.ordered_at BETWEEN {from:DateTime64(3, 'UTC')} AND {to:DateTime64(3, 'UTC')}
GROUP BY day, supplier, currency
ORDER BY day DESC, supplier, currency
LIMIT {limit:UInt32}
-- default limit: 1000
