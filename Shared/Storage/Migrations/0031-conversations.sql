-- Chats with people who report by WhatsApp or Telegram. Whom a chat is with is personal: what tells people apart stands
-- here as an HMAC under a secret of intake's, and all else is sealed by it. No role but intake's reads any of it.

-- One row for each person: where the chat stands, and who works on it. The row goes two days after the last message.
CREATE TABLE chat (
    jurisdiction text NOT NULL,
    channel      text NOT NULL CHECK (channel IN ('whatsapp', 'telegram')),
    sender       bytea NOT NULL CHECK (length(sender) = 32),
    -- The conversation as it stands; NULL until the first message was looked at.
    sealed       bytea,
    key_id       integer CHECK (key_id > 0),
    heard_at     timestamptz NOT NULL DEFAULT now(),
    -- When there is something to do: a moment after a message, since photo, place and words come one by one.
    due_at       timestamptz,
    lease_until  timestamptz,
    -- Counts messages, so that one that comes while earlier ones are looked at is not taken for seen.
    news         integer NOT NULL DEFAULT 0,
    -- Raised by each who takes it; only the last one's word on what became of it counts.
    fence        bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (jurisdiction, channel, sender),
    CHECK ((sealed IS NULL) = (key_id IS NULL))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX chat_due ON chat (jurisdiction, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX chat_heard ON chat (jurisdiction, heard_at);

-- Messages by the provider's names for them (an HMAC: a name may hold a number), so that a repeated delivery is known.
-- What was looked at loses its content, and its row goes when the provider repeats it no more.
CREATE TABLE chat_message (
    jurisdiction text NOT NULL,
    channel      text NOT NULL CHECK (channel IN ('whatsapp', 'telegram')),
    id           bytea NOT NULL CHECK (length(id) = 32),
    sender       bytea NOT NULL CHECK (length(sender) = 32),
    seq          bigint GENERATED ALWAYS AS IDENTITY,
    sent_at      timestamptz NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now(),
    sealed       bytea,
    key_id       integer CHECK (key_id > 0),
    PRIMARY KEY (jurisdiction, channel, id),
    CHECK ((sealed IS NULL) = (key_id IS NULL))
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX chat_message_waiting ON chat_message (sender, channel, jurisdiction) WHERE sealed IS NOT NULL;
CREATE INDEX chat_message_received ON chat_message (jurisdiction, received_at);

-- Whom to tell of a report's news. It goes with the report, with its erasure, and when it cannot be opened again.
CREATE TABLE chat_report (
    jurisdiction text NOT NULL,
    report_id    uuid NOT NULL,
    channel      text NOT NULL CHECK (channel IN ('whatsapp', 'telegram')),
    sender       bytea NOT NULL CHECK (length(sender) = 32),
    -- Where the person is written to.
    sealed       bytea NOT NULL,
    key_id       integer NOT NULL CHECK (key_id > 0),
    -- The status that the person knows of.
    told         text NOT NULL DEFAULT 'received',
    due_at       timestamptz,
    PRIMARY KEY (jurisdiction, report_id),
    FOREIGN KEY (jurisdiction, report_id) REFERENCES report (jurisdiction, id) ON DELETE CASCADE
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX chat_report_due ON chat_report (jurisdiction, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX chat_report_sender ON chat_report (sender, channel, jurisdiction);

-- Messages to people, until the provider has them. To one person they go out in order, one at a time.
CREATE TABLE chat_outbox (
    jurisdiction text NOT NULL,
    id           uuid NOT NULL,
    channel      text NOT NULL CHECK (channel IN ('whatsapp', 'telegram')),
    sender       bytea NOT NULL CHECK (length(sender) = 32),
    seq          bigint GENERATED ALWAYS AS IDENTITY,
    -- Of the report whose status it tells; NULL for an answer.
    report_id    uuid,
    sealed       bytea NOT NULL,
    key_id       integer NOT NULL CHECK (key_id > 0),
    made_at      timestamptz NOT NULL DEFAULT now(),
    -- When it is to be sent, or tried again; of what is being sent, when another may take it over.
    due_at       timestamptz NOT NULL DEFAULT now(),
    attempts     smallint NOT NULL DEFAULT 0,
    fence        bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (jurisdiction, id)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
CREATE INDEX chat_outbox_due ON chat_outbox (jurisdiction, due_at);
CREATE INDEX chat_outbox_sender ON chat_outbox (sender, channel, seq);

GRANT SELECT, INSERT, UPDATE, DELETE ON chat, chat_message, chat_report, chat_outbox TO sasando_intake;
