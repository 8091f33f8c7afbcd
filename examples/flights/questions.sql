-- Which month is the late one? (Six flights of July are too few to be told.)
SELECT month, COUNT(*), AVG(delay), STDDEV_SAMP(delay) FROM flights GROUP BY month;

-- Delay over the day.
SELECT hour, COUNT(*), AVG(delay) FROM flights GROUP BY hour;

-- Weekdays.
SELECT weekday, SUM(delay), AVG(delay) FROM flights GROUP BY weekday;

-- Do long flights make up time?
SELECT distance_bin, COUNT(*), AVG(delay), VAR_SAMP(delay) FROM flights GROUP BY distance_bin;

SELECT COUNT(*), SUM(distance), COVAR_SAMP(delay, distance), CORR(delay, distance) FROM flights;

-- Short hops only.
SELECT COUNT(*), AVG(delay) FROM flights WHERE distance < 1000;
