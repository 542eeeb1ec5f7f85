-- The operator's keys have limits at the city's figures and announcements too.
GRANT EXECUTE ON FUNCTION share_rates TO sasando_analytics;
