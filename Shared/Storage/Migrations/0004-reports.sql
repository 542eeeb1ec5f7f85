-- A report as it was accepted. It never changes after that; what becomes of it is report_state.
CREATE TABLE report (
    jurisdiction      text NOT NULL,
    id                uuid NOT NULL,
    channel           text NOT NULL,
    -- The caller's key, else the external id, else the report's own id: never NULL, so a retry always meets it.
    idempotency_key   text NOT NULL,
    request_hash      bytea NOT NULL,
    tracking_code     text NOT NULL,
    reporter_key_hash bigint NOT NULL,
    category          text,
    subtype           text,
    description       text NOT NULL,
    lat               double precision,
    lon               double precision,
    accuracy_m        double precision,
    location_source   text NOT NULL CHECK (location_source IN ('gps', 'pin', 'area', 'address', 'none')),
    area              text,
    -- Whether the area was found by nearness to a centre, and not by a boundary or by the person.
    area_approximate  boolean NOT NULL DEFAULT false,
    address           text,
    rt                text,
    rw                text,
    landmark          text,
    external_id       text,
    observed_at       timestamptz,
    visibility        text NOT NULL CHECK (visibility IN ('public', 'private')),
    attributes        text,
    received_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (jurisdiction, id),
    UNIQUE (jurisdiction, channel, idempotency_key),
    UNIQUE (jurisdiction, tracking_code),
    CHECK (num_nulls(lat, lon) IN (0, 2))
);
CREATE INDEX report_reporter_key ON report (jurisdiction, reporter_key_hash);

-- Who the reporter is, sealed with a key that only intake holds. No other role reads it.
CREATE TABLE reporter_identity (
    jurisdiction    text NOT NULL,
    report_id       uuid NOT NULL,
    sealed          bytea NOT NULL,
    consent_version text NOT NULL,
    consent_at      timestamptz NOT NULL,
    PRIMARY KEY (jurisdiction, report_id),
    FOREIGN KEY (jurisdiction, report_id) REFERENCES report (jurisdiction, id)
);

-- What routing has yet to decide. Narrow and short-lived; urgency 0 goes first.
CREATE TABLE inbox (
    jurisdiction text NOT NULL,
    urgency      smallint NOT NULL,
    id           bigint GENERATED ALWAYS AS IDENTITY,
    part         smallint NOT NULL,
    report_id    uuid NOT NULL,
    PRIMARY KEY (jurisdiction, urgency, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- A router claims parts by locking their rows here; the locks die with its transaction.
-- 0–63 for most reports, 64–71 for urgent ones.
CREATE TABLE inbox_part (
    jurisdiction text NOT NULL REFERENCES jurisdiction,
    part         smallint NOT NULL,
    PRIMARY KEY (jurisdiction, part)
);

GRANT SELECT, INSERT ON report, reporter_identity TO sasando_intake;
GRANT SELECT, INSERT ON inbox TO sasando_intake;
GRANT SELECT ON report TO sasando_routing, sasando_notifier;
GRANT SELECT, DELETE ON inbox TO sasando_routing;
-- FOR UPDATE asks for the right to update; there is nothing else to write.
GRANT SELECT, UPDATE ON inbox_part TO sasando_routing;
