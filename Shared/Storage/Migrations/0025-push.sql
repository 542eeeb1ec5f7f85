-- Browsers that are told of a report's news, by the push service of each. What waits to be told stands in the same row,
-- so there is never more of it than there are subscriptions, and the newest replaces what was not told yet.
CREATE TABLE push_subscription (
    jurisdiction  text NOT NULL,
    report_id     uuid NOT NULL,
    -- SHA-256 of the endpoint.
    endpoint_hash bytea NOT NULL CHECK (length(endpoint_hash) = 32),
    -- Whoever knows it can send there, so it is personal: no role but intake's reads it.
    endpoint      text NOT NULL CHECK (endpoint ~ '^https://' AND length(endpoint) <= 1024),
    public_key    bytea NOT NULL CHECK (length(public_key) = 65),
    secret        bytea NOT NULL CHECK (length(secret) = 16),
    language      text NOT NULL CHECK (language IN ('id', 'en')),
    -- Of the report's own reporter, and not of somebody who follows it.
    is_own        boolean NOT NULL,
    -- The status that the person knows of.
    told          text NOT NULL,
    made_at       timestamptz NOT NULL DEFAULT now(),
    -- When there is something to tell, or to try again; of what is being sent, when another may take it over.
    due_at        timestamptz,
    -- Counts what there was to tell, so that news that comes while earlier news is sent is not taken for told.
    news          integer NOT NULL DEFAULT 0,
    attempts      smallint NOT NULL DEFAULT 0,
    -- Raised by each who takes it; only the last one's word on what became of it counts.
    fence         bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (jurisdiction, report_id, endpoint_hash),
    FOREIGN KEY (jurisdiction, report_id) REFERENCES report (jurisdiction, id) ON DELETE CASCADE
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX push_subscription_endpoint ON push_subscription (endpoint_hash, jurisdiction);
CREATE INDEX push_subscription_due ON push_subscription (jurisdiction, due_at) WHERE due_at IS NOT NULL;

-- How far each stream has been looked through for news. A look moves its cursor first, and only from where it read.
CREATE TABLE push_cursor (
    jurisdiction text NOT NULL,
    stream       text NOT NULL,
    seq          bigint NOT NULL,
    PRIMARY KEY (jurisdiction, stream)
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
-- Nobody has asked to be told of what there is already.
INSERT INTO push_cursor (jurisdiction, stream, seq) SELECT jurisdiction, code, head FROM stream;

GRANT SELECT, INSERT, UPDATE, DELETE ON push_subscription, push_cursor TO sasando_intake;

-- Intake learns that a report's status changed, and reads no event.
GRANT SELECT (jurisdiction, code, head) ON stream TO sasando_intake;
GRANT SELECT (jurisdiction, stream, seq, report_id, status, previous_status) ON stream_event TO sasando_intake;
CREATE POLICY news ON stream_event FOR SELECT TO sasando_intake USING (true);
