-- title: What shipping costs
-- about: Parcels that nodes were told to ship by each carrier's service, with their price and grams on average; '' are those that no service would take.
-- panel: table
-- unit: short
SELECT c.carrier AS carrier, c.service AS service, c.currency AS currency, count() AS parcels, sum(c.price) AS minor_units,
    round(avg(c.price)) AS each, round(avg(c.grams)) AS grams, round(avg(c.days), 1) AS days
FROM
(
    SELECT f.parcel AS parcel, any(f.carrier) AS carrier, any(f.service) AS service, any(f.currency) AS currency, any(f.price) AS price,
        any(f.grams) AS grams, any(f.days) AS days
    FROM carriage AS f
    WHERE f.k_time BETWEEN {from:DateTime64(3, 'UTC')} AND {to:DateTime64(3, 'UTC')}
    GROUP BY parcel
) AS c
GROUP BY carrier, service, currency
ORDER BY minor_units DESC, carrier, service
