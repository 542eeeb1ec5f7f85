-- A city is data: one checked document, and the shapes of its areas.
CREATE TABLE jurisdiction (
    code      text PRIMARY KEY,
    version   bigint NOT NULL CHECK (version > 0),
    document  text NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE area (
    jurisdiction  text NOT NULL REFERENCES jurisdiction,
    code          text NOT NULL,
    name          text NOT NULL,
    district_code text NOT NULL,
    district      text NOT NULL,
    centre        geometry(Point, 4326) NOT NULL,
    cell          geometry(MultiPolygon, 4326),
    approximate   boolean NOT NULL DEFAULT true,
    PRIMARY KEY (jurisdiction, code)
);

-- Which agency a notifier's database login speaks for; row security reads it.
CREATE TABLE notifier_login (
    login        name PRIMARY KEY,
    jurisdiction text NOT NULL REFERENCES jurisdiction,
    agency       text NOT NULL
);

GRANT SELECT ON jurisdiction, area TO sasando_intake, sasando_routing, sasando_notifier, sasando_analytics;
GRANT SELECT ON notifier_login TO sasando_notifier;

-- Makes the database login of one agency's notifier. Only the owner may call it.
CREATE FUNCTION make_notifier_login(in_login text, in_jurisdiction text, in_agency text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN CONNECTION LIMIT 32', in_login);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
    END;
    EXECUTE format('GRANT sasando_notifier TO %I', in_login);
    INSERT INTO notifier_login (login, jurisdiction, agency) VALUES (in_login, in_jurisdiction, in_agency)
    ON CONFLICT (login) DO UPDATE SET jurisdiction = excluded.jurisdiction, agency = excluded.agency;
END
$$;

-- Lets a service's role log in, with a password. Only the owner may call it.
CREATE FUNCTION set_login_password(in_login text, in_password text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF in_login NOT IN ('sasando_intake', 'sasando_routing', 'sasando_analytics')
        AND NOT EXISTS (SELECT FROM notifier_login WHERE login = in_login) THEN
        RAISE EXCEPTION 'no service logs in as %', in_login USING ERRCODE = 'undefined_object';
    END IF;
    EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', in_login, in_password);
END
$$;

REVOKE ALL ON FUNCTION make_notifier_login, set_login_password FROM PUBLIC;
