-- A channel's stream tells an integrator what becomes of its reports: a copy of their events in the agencies' streams, with
-- numbers of its own. Its code is 'channel/' and the channel's, which no agency can be called.
DO $$
BEGIN
    CREATE ROLE sasando_channels NOLOGIN CONNECTION LIMIT 32;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;
GRANT USAGE ON SCHEMA public TO sasando_channels;

CREATE OR REPLACE FUNCTION set_login_password(in_login text, in_password text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF in_login NOT IN ('sasando_intake', 'sasando_routing', 'sasando_analytics', 'sasando_channels')
        AND NOT EXISTS (SELECT FROM notifier_login WHERE login = in_login) THEN
        RAISE EXCEPTION 'no service logs in as %', in_login USING ERRCODE = 'undefined_object';
    END IF;
    EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', in_login, in_password);
END
$$;

ALTER TABLE stream ADD CHECK ((kind = 'channel') = (code LIKE 'channel/%'));

-- How far a channel's stream has come in each agency's: everything up to it was copied, or is no business of the channel.
CREATE TABLE channel_cursor (
    jurisdiction text NOT NULL,
    -- The channel's stream.
    stream       text NOT NULL CHECK (stream LIKE 'channel/%'),
    source       text NOT NULL CHECK (source NOT LIKE 'channel/%'),
    seq          bigint NOT NULL CHECK (seq >= 0),
    PRIMARY KEY (jurisdiction, stream, source)
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

GRANT SELECT ON jurisdiction, area, stream, stream_epoch, stream_event, channel_cursor TO sasando_channels;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook, webhook_dead, peer TO sasando_channels;
GRANT EXECUTE ON FUNCTION principal_of, share_rates, open_zeromq_keys TO sasando_channels;

-- It copies from every agency's stream.
CREATE POLICY copy ON stream_event FOR SELECT TO sasando_channels USING (true);
CREATE POLICY channels ON webhook TO sasando_channels USING (stream LIKE 'channel/%');
CREATE POLICY channels ON webhook_dead TO sasando_channels USING (stream LIKE 'channel/%');
CREATE POLICY channels_writes ON peer TO sasando_channels
    USING (service = 'notifier' AND registered_by = current_user)
    WITH CHECK (service = 'notifier' AND registered_by = current_user);

-- Makes a channel's stream, for the first who asks for it: its copy begins with what is kept of the past. NULL where no
-- open key is the channel's, or where there are as many streams as there may be.
CREATE FUNCTION open_channel_stream(in_jurisdiction text, in_channel text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    name text := 'channel/' || in_channel;
BEGIN
    IF EXISTS (SELECT FROM stream s WHERE s.jurisdiction = in_jurisdiction AND s.code = name) THEN
        RETURN name;
    END IF;
    IF NOT EXISTS (
        SELECT FROM api_key k
        WHERE k.jurisdiction = in_jurisdiction AND k.channel = in_channel AND NOT k.is_test
          AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now()))
        OR (SELECT count(*) >= 200 FROM stream s WHERE s.jurisdiction = in_jurisdiction AND s.kind = 'channel')
    THEN
        RETURN NULL;
    END IF;
    INSERT INTO stream (jurisdiction, code, kind) VALUES (in_jurisdiction, name, 'channel') ON CONFLICT DO NOTHING;
    INSERT INTO stream_epoch (jurisdiction, stream, epoch, first_seq, reason)
    VALUES (in_jurisdiction, name, 1, 1, 'made') ON CONFLICT DO NOTHING;
    RETURN name;
END
$$;

-- Copies events into a channel's stream, and notes how far the agencies' are copied: all of it or nothing. What is counted
-- of an event is taken from its source; its text comes with the call, which the store puts the number into. Who finds
-- that another has gone on meanwhile is told so (40001), and reads again.
CREATE FUNCTION copy_to_channel(
    in_jurisdiction text, in_stream text,
    in_sources text[], in_from bigint[], in_to bigint[],
    in_event_sources text[], in_event_seqs bigint[], in_prefixes text[], in_suffixes text[])
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moved bigint;
    n bigint := cardinality(in_event_seqs);
    now_at bigint;
    now_epoch integer;
    gone uuid[];
BEGIN
    INSERT INTO channel_cursor (jurisdiction, stream, source, seq)
    SELECT in_jurisdiction, in_stream, s.source, s.since FROM unnest(in_sources, in_from) AS s (source, since)
    ORDER BY s.source ON CONFLICT DO NOTHING;
    PERFORM 1 FROM channel_cursor c
    WHERE c.jurisdiction = in_jurisdiction AND c.stream = in_stream AND c.source = ANY(in_sources)
    ORDER BY c.source FOR UPDATE;
    UPDATE channel_cursor c SET seq = s.upto FROM unnest(in_sources, in_from, in_to) AS s (source, since, upto)
    WHERE c.jurisdiction = in_jurisdiction AND c.stream = in_stream AND c.source = s.source AND c.seq = s.since;
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved <> cardinality(in_sources) THEN
        RAISE EXCEPTION 'another has gone on with %', in_stream USING ERRCODE = 'serialization_failure';
    END IF;

    IF n = 0 THEN
        RETURN NULL;
    END IF;

    -- A person's words may have been copied while they were taken out of the source.
    -- (LIMIT, here and below: each is looked up by its number, whatever the plan was made for.)
    gone := ARRAY(
        SELECT DISTINCT o.report_id FROM unnest(in_event_sources, in_event_seqs) AS t (source, seq)
        CROSS JOIN LATERAL (
            SELECT e.report_id, e.type FROM stream_event e
            WHERE e.jurisdiction = in_jurisdiction AND e.stream = t.source AND e.seq = t.seq LIMIT 1) o
        WHERE o.type = 'redacted');
    IF cardinality(gone) > 0 THEN
        UPDATE stream_event e SET body = redacted_event(e.body)
        WHERE e.report_id = ANY(gone) AND e.jurisdiction = in_jurisdiction AND e.stream = in_stream;
    END IF;

    -- The counter last: it stays locked until the commit, which comes in the same flush.
    UPDATE stream s SET head = s.head + n WHERE s.jurisdiction = in_jurisdiction AND s.code = in_stream
    RETURNING s.head, s.epoch INTO now_at, now_epoch;
    IF NOT FOUND THEN
        RAISE EXCEPTION '% has no stream %', in_jurisdiction, in_stream USING ERRCODE = 'foreign_key_violation';
    END IF;
    INSERT INTO stream_event (
        jurisdiction, stream, seq, epoch, event_id, type, report_id, version, status, previous_status,
        agency, category, subtype, area, channel, received_at, occurred_at, resolve_seconds, on_time, body)
    SELECT in_jurisdiction, in_stream, now_at - n + t.place, now_epoch, e.event_id, e.type, e.report_id, e.version,
        e.status, e.previous_status, e.agency, e.category, e.subtype, e.area, e.channel, e.received_at,
        e.occurred_at, e.resolve_seconds, e.on_time,
        t.prefix || lpad((now_at - n + t.place)::text, 20, '0') || t.suffix
    FROM unnest(in_event_sources, in_event_seqs, in_prefixes, in_suffixes)
        WITH ORDINALITY AS t (source, seq, prefix, suffix, place)
    CROSS JOIN LATERAL (
        SELECT * FROM stream_event o
        WHERE o.jurisdiction = in_jurisdiction AND o.stream = t.source AND o.seq = t.seq LIMIT 1) e
    -- No other channel's.
    WHERE 'channel/' || e.channel = in_stream AND e.stream NOT LIKE 'channel/%';
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved <> n THEN
        RAISE EXCEPTION 'an event that is no business of %', in_stream USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN now_at;
END
$$;
REVOKE ALL ON FUNCTION open_channel_stream, copy_to_channel FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_channel_stream, copy_to_channel TO sasando_channels;

-- That a report was erased is told to the agencies' streams; a channel's has it from there.
CREATE OR REPLACE FUNCTION streams_of_report(in_jurisdiction text, in_report uuid) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT e.stream FROM stream_event e
    WHERE e.jurisdiction = in_jurisdiction AND e.report_id = in_report AND e.stream NOT LIKE 'channel/%'
    UNION
    SELECT s.code FROM stream s WHERE s.jurisdiction = in_jurisdiction AND EXISTS (
        SELECT FROM report_history h
        WHERE h.jurisdiction = in_jurisdiction AND h.report_id = in_report AND h.agency = s.code)
$$;
