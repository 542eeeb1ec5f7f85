-- One role for each service, with only the grants that the later migrations give it.
-- Roles belong to the whole server, so a second database on it finds them there.
-- They cannot log in until `sasandoctl login set` gives them a password.
DO $$
DECLARE
    service text;
BEGIN
    FOREACH service IN ARRAY ARRAY['sasando_intake', 'sasando_routing', 'sasando_notifier', 'sasando_analytics'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN CONNECTION LIMIT 32', service);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END
$$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO sasando_intake, sasando_routing, sasando_notifier, sasando_analytics;

CREATE EXTENSION IF NOT EXISTS postgis;
