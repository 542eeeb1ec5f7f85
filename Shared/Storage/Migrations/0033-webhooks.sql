-- Addresses that an agency has its stream pushed to, by Standard Webhooks 1.0: at most 20 a stream, which the slots bound
-- whatever comes at once. How far each has come stands in its row, and only who has the lease moves it.
CREATE TABLE webhook (
    jurisdiction    text NOT NULL,
    stream          text NOT NULL,
    id              uuid NOT NULL,
    slot            smallint NOT NULL CHECK (slot BETWEEN 1 AND 20),
    -- It may hold what only the agency knows: no other agency's login reads it, and no log or metric names it.
    url             text NOT NULL CHECK (url ~* '^https?://' AND length(url) <= 2000),
    policy          text NOT NULL CHECK (policy IN ('block', 'dead_letter')),
    -- Short names of events; NULL: all.
    types           text[] CHECK (cardinality(types) > 0),
    created_at      timestamptz NOT NULL DEFAULT now(),
    state           text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    reason          text,
    disabled_at     timestamptz,
    -- Everything up to it was taken, passed over by the types, or set aside.
    seq             bigint NOT NULL CHECK (seq >= 0),
    -- For the event after it.
    attempts        smallint NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    last_attempt_at timestamptz,
    last_status     smallint,
    last_failure    text,
    -- Sealed, with the number of the notifiers' key that did it; the previous one signs too until its time is over.
    secret          bytea NOT NULL,
    secret_key      integer NOT NULL,
    previous_secret bytea,
    previous_key    integer,
    previous_until  timestamptz,
    -- The keys of the requests that made the endpoint and its present secret, for who asks again.
    create_key      text,
    create_hash     bytea,
    rotate_key      text,
    rotated_at      timestamptz,
    -- Raised by each who takes the lease; only the last one's word counts.
    fence           bigint NOT NULL DEFAULT 0,
    lease_holder    uuid,
    lease_until     timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (jurisdiction, stream, id),
    UNIQUE (jurisdiction, stream, slot),
    UNIQUE (jurisdiction, stream, create_key),
    CHECK ((state = 'disabled') = (reason IS NOT NULL)),
    CHECK ((state = 'disabled') = (disabled_at IS NOT NULL)),
    CHECK ((previous_secret IS NULL) = (previous_until IS NULL)),
    CHECK ((previous_secret IS NULL) = (previous_key IS NULL))
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Events that an endpoint never took, and that were set aside as its policy says. What they say stands in the stream.
CREATE TABLE webhook_dead (
    jurisdiction text NOT NULL,
    stream       text NOT NULL,
    webhook_id   uuid NOT NULL,
    seq          bigint NOT NULL,
    epoch        integer NOT NULL,
    event_id     uuid NOT NULL,
    type         text NOT NULL,
    attempts     smallint NOT NULL,
    last_status  smallint,
    last_failure text,
    dead_at      timestamptz NOT NULL DEFAULT now(),
    -- Somebody asked for it to be sent once more.
    replay_at    timestamptz,
    PRIMARY KEY (jurisdiction, stream, webhook_id, seq),
    FOREIGN KEY (jurisdiction, stream, webhook_id) REFERENCES webhook (jurisdiction, stream, id) ON DELETE CASCADE
);

GRANT SELECT, INSERT, UPDATE, DELETE ON webhook, webhook_dead TO sasando_notifier;
ALTER TABLE webhook ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_dead ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_stream ON webhook TO sasando_notifier
    USING ((jurisdiction, stream) = (SELECT l.jurisdiction, l.agency FROM notifier_login l WHERE l.login = current_user));
CREATE POLICY own_stream ON webhook_dead TO sasando_notifier
    USING ((jurisdiction, stream) = (SELECT l.jurisdiction, l.agency FROM notifier_login l WHERE l.login = current_user));
