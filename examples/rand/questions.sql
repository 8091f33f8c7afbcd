-- Does a visit that costs more happen less often?
SELECT coinsurance, COUNT(*), SUM(mdvis), AVG(mdvis), STDDEV_SAMP(mdvis) FROM rand GROUP BY coinsurance;

-- Visits by plan, among the free and the costly.
SELECT individual_plan, coinsurance, COUNT(*), AVG(mdvis) FROM rand GROUP BY individual_plan, coinsurance;

-- Is illness or money the stronger tie to visits?
SELECT CORR(mdvis, disea), CORR(mdvis, lncoins), CORR(mdvis, lpi) FROM rand;

-- People in poor health, by chronic disease.
SELECT chronic, COUNT(*), AVG(mdvis), SUM(disea) FROM rand WHERE poor_health = 1 GROUP BY chronic;

-- Those who went at least once, but not more than eleven times.
SELECT COUNT(*), AVG(disea), VAR_SAMP(disea) FROM rand WHERE mdvis BETWEEN 1 AND 11;
