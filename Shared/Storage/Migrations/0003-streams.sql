-- A stream is a named, gapless, ordered log. Its counter row stays locked from
-- the append until the commit, so numbers become visible in their order.
CREATE TABLE stream (
    jurisdiction text NOT NULL REFERENCES jurisdiction,
    code         text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('agency', 'triage', 'channel')),
    epoch        integer NOT NULL DEFAULT 1 CHECK (epoch > 0),
    head         bigint NOT NULL DEFAULT 0,
    first_seq    bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (jurisdiction, code),
    CHECK (head >= 0 AND first_seq BETWEEN 1 AND head + 1)
) WITH (
    -- Room on the page keeps the counter's updates HOT; vacuum by count, since the table is tiny.
    fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000
);

CREATE TABLE stream_epoch (
    jurisdiction text NOT NULL,
    stream       text NOT NULL,
    epoch        integer NOT NULL,
    first_seq    bigint NOT NULL,
    opened_at    timestamptz NOT NULL DEFAULT now(),
    reason       text NOT NULL,
    PRIMARY KEY (jurisdiction, stream, epoch),
    FOREIGN KEY (jurisdiction, stream) REFERENCES stream (jurisdiction, code)
);

CREATE TABLE stream_event (
    jurisdiction    text NOT NULL,
    stream          text NOT NULL,
    seq             bigint NOT NULL,
    epoch           integer NOT NULL,
    event_id        uuid NOT NULL,
    type            text NOT NULL,
    report_id       uuid NOT NULL,
    version         integer NOT NULL,
    status          text NOT NULL,
    previous_status text,
    agency          text NOT NULL,
    category        text,
    subtype         text,
    area            text,
    channel         text NOT NULL,
    received_at     timestamptz NOT NULL,
    occurred_at     timestamptz NOT NULL,
    -- Of a resolution, or of one that a reopening takes back: seconds since receipt, and within the promise?
    resolve_seconds bigint,
    on_time         boolean,
    -- The exact text of the CloudEvent: the same cursor always means the same bytes.
    body            text NOT NULL,
    PRIMARY KEY (jurisdiction, stream, seq),
    CHECK (seq > 0 AND version > 0)
) WITH (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000);

-- All events of one report, for redaction and for `sasandoctl report show`.
CREATE INDEX stream_event_report ON stream_event (jurisdiction, report_id);

GRANT SELECT ON stream, stream_epoch TO sasando_routing, sasando_notifier, sasando_analytics;
GRANT UPDATE (head) ON stream TO sasando_routing, sasando_notifier;
GRANT INSERT ON stream_event TO sasando_routing, sasando_notifier;
GRANT SELECT ON stream_event TO sasando_notifier, sasando_analytics;

ALTER TABLE stream_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY append ON stream_event FOR INSERT TO sasando_routing WITH CHECK (true);
CREATE POLICY fold ON stream_event FOR SELECT TO sasando_analytics USING (true);
-- An agency reads its own stream, and may append to another's (a transfer does).
CREATE POLICY own_stream ON stream_event FOR SELECT TO sasando_notifier
    USING ((jurisdiction, stream) = (SELECT l.jurisdiction, l.agency FROM notifier_login l WHERE l.login = current_user));
CREATE POLICY hand_over ON stream_event FOR INSERT TO sasando_notifier
    WITH CHECK (jurisdiction = (SELECT l.jurisdiction FROM notifier_login l WHERE l.login = current_user));
