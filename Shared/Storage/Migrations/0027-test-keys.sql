-- Keys to try the doors with. What comes by them is kept by itself, so that it cannot reach an agency, a list or a
-- count, whatever is added to those later; and for 30 days.
ALTER TABLE api_key ADD is_test boolean NOT NULL DEFAULT false, ADD CHECK (kind = 'integrator' OR NOT is_test);

DROP FUNCTION principal_of;
CREATE FUNCTION principal_of(in_jurisdiction text, in_hash bytea)
RETURNS TABLE (
    id text, kind text, agency text, channel text, rate_per_minute integer, scopes text[], legal_basis text,
    is_test boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT k.id, k.kind, k.agency, k.channel, k.rate_per_minute, k.scopes, k.legal_basis, k.is_test
    FROM api_key k
    WHERE k.jurisdiction = in_jurisdiction
      AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
      AND (k.token_hash = in_hash OR k.id = (
          SELECT s.key_id FROM session s
          WHERE s.jurisdiction = in_jurisdiction AND s.token_hash = in_hash AND s.expires_at > now()))
$$;
REVOKE ALL ON FUNCTION principal_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION principal_of TO sasando_intake, sasando_notifier, sasando_analytics;

-- Nobody's name or number is here: what a test report says of its reporter is checked and dropped.
CREATE TABLE test_report (
    jurisdiction     text NOT NULL REFERENCES jurisdiction,
    id               uuid NOT NULL,
    channel          text NOT NULL,
    idempotency_key  text NOT NULL,
    request_hash     bytea NOT NULL CHECK (length(request_hash) = 32),
    tracking_code    text NOT NULL,
    category         text,
    subtype          text,
    description      text NOT NULL,
    lat              double precision,
    lon              double precision,
    area             text,
    area_approximate boolean NOT NULL,
    address          text,
    external_id      text,
    received_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (jurisdiction, id),
    CONSTRAINT test_report_key UNIQUE (jurisdiction, channel, idempotency_key),
    CONSTRAINT test_report_tracking_code UNIQUE (jurisdiction, tracking_code),
    CHECK ((lat IS NULL) = (lon IS NULL))
);
CREATE INDEX test_report_received ON test_report (jurisdiction, channel, received_at DESC);
GRANT SELECT, INSERT, DELETE ON test_report TO sasando_intake;

-- What a test key told of its own requests later, by Open311.
CREATE TABLE test_update (
    jurisdiction text NOT NULL,
    report_id    uuid NOT NULL,
    version      integer GENERATED ALWAYS AS IDENTITY,
    key          text NOT NULL,
    request_hash bytea NOT NULL CHECK (length(request_hash) = 32),
    note         text,
    at           timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (jurisdiction, report_id, key),
    FOREIGN KEY (jurisdiction, report_id) REFERENCES test_report ON DELETE CASCADE
);
GRANT SELECT, INSERT ON test_update TO sasando_intake;
