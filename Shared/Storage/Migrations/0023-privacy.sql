-- Personal data: what a person agreed to, who has read it, how long it may stay, and how it goes.

ALTER TABLE report
    -- For how many days after its end the reporter's identity may stay, as the person agreed; NULL where none is held.
    ADD COLUMN identity_days integer CHECK (identity_days > 0),
    -- Whether the agency that has the report may ask for name and number, to call about it.
    ADD COLUMN may_contact boolean NOT NULL DEFAULT false,
    -- When what was written was erased.
    ADD COLUMN erased_at timestamptz,
    ADD CHECK (identity_days IS NOT NULL OR NOT may_contact);
GRANT SELECT (identity_days, may_contact, erased_at) ON report TO sasando_routing, sasando_notifier;

-- A caller's own words for a report may name a person, so what tells retries apart is their digest. A UUID names nobody.
UPDATE report SET idempotency_key = left(idempotency_key, 2)
    || encode(sha256(convert_to(substr(idempotency_key, 3), 'UTF8')), 'hex')
WHERE idempotency_key ~ '^[kx]:'
    AND substr(idempotency_key, 3) !~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';

ALTER TABLE reporter_identity
    -- Which of intake's keys it is sealed with.
    ADD COLUMN key_id integer NOT NULL DEFAULT 1 CHECK (key_id > 0),
    -- Digests of the number and the address under that key, by which a person's reports are found without opening any
    -- other. NULL for what was sealed before there were any, until it is sealed anew.
    ADD COLUMN lookup bytea[];
ALTER TABLE reporter_identity ALTER COLUMN key_id DROP DEFAULT;

-- Reports from before: their identities stay for as long as is usual.
UPDATE report r SET identity_days = 90 FROM reporter_identity i
WHERE i.jurisdiction = r.jurisdiction AND i.report_id = r.id;
ALTER TABLE deadline DROP CONSTRAINT deadline_kind_check;
ALTER TABLE deadline ADD CONSTRAINT deadline_kind_check
    CHECK (kind IN ('acknowledge_by', 'arrive_by', 'resolve_by', 'resume', 'close', 'forget'));
INSERT INTO deadline (jurisdiction, report_id, kind, due_at)
SELECT s.jurisdiction, s.report_id, 'forget', s.changed_at + interval '90 days'
FROM report_state s JOIN reporter_identity i ON i.jurisdiction = s.jurisdiction AND i.report_id = s.report_id
WHERE s.status IN ('closed', 'rejected', 'duplicate', 'withdrawn');

-- Of what an agency did beyond moving the report: it asked the reporter, or was shown name and number.
ALTER TABLE report_history ADD COLUMN command text CHECK (command IN ('ask', 'contact'));

-- Every reading of an identity; the reporter sees it on the report's own page.
CREATE TABLE identity_reading (
    jurisdiction text NOT NULL,
    report_id    uuid NOT NULL,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    at           timestamptz NOT NULL DEFAULT now(),
    -- An agency's code, or 'operator'.
    reader       text NOT NULL,
    -- Who there; the reporter is not shown it.
    actor        text,
    -- Why, as the reporter reads it; NULL once the report is erased.
    purpose      text,
    PRIMARY KEY (jurisdiction, report_id, id)
);
GRANT SELECT ON identity_reading TO sasando_intake;

-- What an operator did with personal data, and why.
CREATE TABLE privacy_act (
    jurisdiction text NOT NULL,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    at           timestamptz NOT NULL DEFAULT now(),
    act          text NOT NULL CHECK (act IN ('search', 'export', 'erase', 'rotate')),
    actor        text NOT NULL,
    purpose      text NOT NULL,
    -- How many reports it touched.
    reports      integer NOT NULL,
    PRIMARY KEY (jurisdiction, id)
);

-- Intake writes identities. It reads one by the function below alone, which leaves a line.
REVOKE SELECT ON reporter_identity FROM sasando_intake;
GRANT SELECT (jurisdiction, report_id, key_id, consent_version, consent_at) ON reporter_identity TO sasando_intake;

-- Reads an identity and writes down who did, in one statement: there is no reading without its line.
CREATE FUNCTION read_identity(
    in_jurisdiction text, in_report uuid, in_reader text, in_actor text, in_purpose text)
RETURNS TABLE (sealed bytea, key_id integer, consent_version text, consent_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- Intake shows it to the agency that has the report, and only where the reporter agreed.
    IF NOT pg_has_role(session_user, current_user, 'MEMBER') AND NOT EXISTS (
        SELECT FROM report r JOIN report_state s ON s.jurisdiction = r.jurisdiction AND s.report_id = r.id
        WHERE r.jurisdiction = in_jurisdiction AND r.id = in_report AND r.may_contact AND s.agency = in_reader)
    THEN
        RAISE EXCEPTION 'the reporter has not agreed to be contacted by %', in_reader
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY SELECT i.sealed, i.key_id, i.consent_version, i.consent_at FROM reporter_identity i
    WHERE i.jurisdiction = in_jurisdiction AND i.report_id = in_report;
    IF FOUND THEN
        INSERT INTO identity_reading (jurisdiction, report_id, reader, actor, purpose)
        VALUES (in_jurisdiction, in_report, in_reader, in_actor, in_purpose);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION read_identity FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_identity TO sasando_intake;

-- Deletes the identities of reports that have ended: all that routing, which reads none, may do to them.
CREATE FUNCTION forget_identities(in_jurisdiction text, in_reports uuid[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH ended AS (
        SELECT s.report_id FROM report_state s
        WHERE s.jurisdiction = in_jurisdiction AND s.report_id = ANY(in_reports)
            AND s.status IN ('closed', 'rejected', 'duplicate', 'withdrawn')
    ), forgotten AS (
        DELETE FROM reporter_identity i USING ended e
        WHERE i.jurisdiction = in_jurisdiction AND i.report_id = e.report_id
    )
    UPDATE report r SET identity_days = NULL, may_contact = false FROM ended e
    WHERE r.jurisdiction = in_jurisdiction AND r.id = e.report_id
$$;
REVOKE ALL ON FUNCTION forget_identities FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_identities TO sasando_routing;

-- An event without what anybody wrote: `"redacted": true` comes in its place, and everything else keeps its value, id,
-- sequence and all that is counted. Why a report was rejected is a code, and stays.
CREATE FUNCTION redacted_event(body text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
    SELECT (e.event || jsonb_build_object('data', '{"redacted": true}'::jsonb
        || ((e.data - ARRAY['report', 'description', 'address', 'landmark', 'media', 'note', 'internal_note', 'actor',
            'refer_to']) - (CASE WHEN e.event ->> 'type' IN (
                'sasando.report.rejected', 'sasando.report.marked_duplicate') THEN '' ELSE 'reason' END)::text)
        || (CASE WHEN e.data ? 'report' THEN jsonb_build_object('report', (
            (e.data -> 'report') - ARRAY['description', 'address', 'landmark', 'attributes', 'media'])
                || '{"redacted": true}'::jsonb)
            ELSE '{}'::jsonb END)))::text
    FROM (SELECT b.event, (b.event -> 'data') AS data FROM (SELECT body::jsonb AS event) b) e
$$;

-- What a command answered, without what the report says.
CREATE FUNCTION redacted_answer(answer text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
    SELECT CASE WHEN answer LIKE '{%' THEN ((answer::jsonb
        - ARRAY['description', 'address', 'landmark', 'attributes', 'media', 'history']) || '{"redacted": true}')::text
        ELSE '' END
$$;
REVOKE ALL ON FUNCTION redacted_event, redacted_answer FROM PUBLIC;

-- The streams that ever had a report, also where its events have been trimmed.
CREATE FUNCTION streams_of_report(in_jurisdiction text, in_report uuid) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT e.stream FROM stream_event e WHERE e.jurisdiction = in_jurisdiction AND e.report_id = in_report
    UNION
    SELECT s.code FROM stream s WHERE s.jurisdiction = in_jurisdiction AND EXISTS (
        SELECT FROM report_history h
        WHERE h.jurisdiction = in_jurisdiction AND h.report_id = in_report AND h.agency = s.code)
$$;
REVOKE ALL ON FUNCTION streams_of_report FROM PUBLIC;

-- Takes what people wrote out of one report, its photos, its history, the answers that are kept for retries, and its
-- events; what is counted stays. The caller holds the report's state, and tells the streams that come back that the report
-- was redacted. NULL for a report that has no state yet.
CREATE FUNCTION erase_texts(in_jurisdiction text, in_report uuid) RETURNS text[]
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
BEGIN
    -- Whoever writes of the report holds its state, so no event comes between.
    PERFORM 1 FROM report_state s WHERE s.jurisdiction = in_jurisdiction AND s.report_id = in_report
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    DELETE FROM report_media WHERE jurisdiction = in_jurisdiction AND report_id = in_report;
    UPDATE report SET description = '', address = NULL, landmark = NULL, attributes = NULL, answers = NULL,
        request_hash = '', erased_at = now()
    WHERE jurisdiction = in_jurisdiction AND id = in_report;
    UPDATE report_history SET note = NULL, internal_note = NULL, actor = NULL, refer_to = NULL,
        reason = CASE WHEN type IN ('rejected', 'marked_duplicate') THEN reason END
    WHERE jurisdiction = in_jurisdiction AND report_id = in_report;
    UPDATE command_receipt SET answer = redacted_answer(answer)
    WHERE jurisdiction = in_jurisdiction AND report_id = in_report;
    -- A short sentence could be guessed by its digest.
    UPDATE reporter_receipt SET request_hash = '', answer = redacted_answer(answer)
    WHERE jurisdiction = in_jurisdiction AND report_id = in_report;
    UPDATE stream_event SET body = redacted_event(body)
    WHERE jurisdiction = in_jurisdiction AND report_id = in_report;
    RETURN ARRAY(SELECT s FROM streams_of_report(in_jurisdiction, in_report) s ORDER BY s);
END
$$;
REVOKE ALL ON FUNCTION erase_texts FROM PUBLIC;

-- The same, and who reported it goes too: the reporter's own erasure, and an operator's for a person who asks for it.
CREATE FUNCTION erase_report(in_jurisdiction text, in_report uuid) RETURNS text[]
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    streams text[] := erase_texts(in_jurisdiction, in_report);
BEGIN
    IF streams IS NULL THEN
        RETURN NULL;
    END IF;
    DELETE FROM deadline WHERE jurisdiction = in_jurisdiction AND report_id = in_report AND kind = 'forget';
    DELETE FROM reporter_identity WHERE jurisdiction = in_jurisdiction AND report_id = in_report;
    UPDATE identity_reading SET purpose = NULL, actor = NULL
    WHERE jurisdiction = in_jurisdiction AND report_id = in_report;
    UPDATE report SET external_id = NULL, identity_days = NULL, may_contact = false
    WHERE jurisdiction = in_jurisdiction AND id = in_report;
    RETURN streams;
END
$$;
REVOKE ALL ON FUNCTION erase_report FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_report TO sasando_intake;

CREATE OR REPLACE FUNCTION append_events(
    in_jurisdiction text, in_streams text[],
    -- How many of its stream's events in this batch come after each.
    in_after bigint[],
    in_event_ids uuid[], in_types text[], in_reports uuid[], in_versions integer[], in_statuses text[],
    in_previous_statuses text[], in_agencies text[], in_categories text[], in_subtypes text[], in_areas text[],
    in_channels text[], in_received_at timestamptz[], in_occurred_at timestamptz[], in_resolve_seconds bigint[],
    in_on_time boolean[], in_prefixes text[], in_suffixes text[])
RETURNS TABLE (code text, epoch integer, head bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    own text;
    inserted bigint;
BEGIN
    -- Routing appends to every stream; intake what reporters and readers did, to the stream of the agency that has their
    -- report, and that a report was erased, to all that had it; a notifier to its agency's, and to another's where it
    -- hands a report over.
    IF session_user = 'sasando_intake' THEN
        IF EXISTS (
            SELECT FROM unnest(in_streams, in_types, in_reports) AS e (stream, type, report_id)
            WHERE NOT CASE
                -- That a report was erased is told wherever it has been.
                WHEN e.type = 'redacted' THEN e.stream IN (SELECT streams_of_report(in_jurisdiction, e.report_id))
                ELSE e.type IN ('commented', 'withdrawn', 'rated', 'reopened', 'followed') AND EXISTS (
                    SELECT FROM report_state s
                    WHERE s.jurisdiction = in_jurisdiction AND s.report_id = e.report_id AND s.agency = e.stream)
                END)
        THEN
            RAISE EXCEPTION '% may not append this', session_user USING ERRCODE = 'insufficient_privilege';
        END IF;
    ELSIF session_user <> 'sasando_routing' AND NOT pg_has_role(session_user, current_user, 'MEMBER') THEN
        SELECT l.agency INTO own FROM notifier_login l
        WHERE l.login = session_user AND l.jurisdiction = in_jurisdiction;
        IF own IS NULL OR EXISTS (
            SELECT FROM unnest(in_streams, in_types, in_reports) AS e (stream, type, report_id)
            WHERE e.stream <> own AND NOT (e.type = 'assigned' AND EXISTS (
                SELECT FROM report_state s
                WHERE s.jurisdiction = in_jurisdiction AND s.report_id = e.report_id
                    AND s.agency = e.stream AND s.handed_over_by = own)))
        THEN
            RAISE EXCEPTION '% may not append to this stream', session_user USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;

    -- A single counter is locked by its update.
    IF in_streams[1] <> ANY(in_streams) THEN
        PERFORM lock_counters(in_jurisdiction, in_streams);
    END IF;

    UPDATE stream s SET head = s.head + c.n
    FROM (SELECT e.stream, count(*) AS n FROM unnest(in_streams) AS e (stream) GROUP BY e.stream) c
    WHERE s.jurisdiction = in_jurisdiction AND s.code = c.stream;

    INSERT INTO stream_event (
        jurisdiction, stream, seq, epoch, event_id, type, report_id, version, status, previous_status,
        agency, category, subtype, area, channel, received_at, occurred_at, resolve_seconds, on_time, body)
    SELECT in_jurisdiction, s.code, s.head - e.after, s.epoch, e.event_id, e.type, e.report_id, e.version,
        e.status, e.previous_status, e.agency, e.category, e.subtype, e.area, e.channel, e.received_at,
        e.occurred_at, e.resolve_seconds, e.on_time,
        e.prefix || lpad((s.head - e.after)::text, 20, '0') || e.suffix
    FROM unnest(
        in_streams, in_after, in_event_ids, in_types, in_reports, in_versions, in_statuses, in_previous_statuses,
        in_agencies, in_categories, in_subtypes, in_areas, in_channels, in_received_at, in_occurred_at,
        in_resolve_seconds, in_on_time, in_prefixes, in_suffixes
    ) AS e (stream, after, event_id, type, report_id, version, status, previous_status, agency, category,
        subtype, area, channel, received_at, occurred_at, resolve_seconds, on_time, prefix, suffix)
    JOIN stream s ON s.jurisdiction = in_jurisdiction AND s.code = e.stream;
    GET DIAGNOSTICS inserted = ROW_COUNT;
    IF inserted <> cardinality(in_streams) THEN
        RAISE EXCEPTION 'an event names a stream that % has not got', in_jurisdiction
            USING ERRCODE = 'foreign_key_violation';
    END IF;

    RETURN QUERY SELECT s.code, s.epoch, s.head FROM stream s
    WHERE s.jurisdiction = in_jurisdiction AND s.code = ANY(in_streams) ORDER BY s.code;
END
$$;
