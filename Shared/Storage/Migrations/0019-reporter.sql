-- What a reporter does with the own report, and what anyone does who may read it; and a resolved report closes by itself.
ALTER TABLE report_state
    -- The reporter's judgement of the present resolution.
    ADD COLUMN rating smallint CHECK (rating BETWEEN 1 AND 5),
    -- Whether the reporter has reopened it after a rejection, which is possible once.
    ADD COLUMN appealed boolean NOT NULL DEFAULT false;

ALTER TABLE report_history
    -- Who did it; unknown for lines from before.
    ADD COLUMN author text CHECK (author IN ('agency', 'reporter', 'reader', 'system')),
    ADD COLUMN rating smallint;

ALTER TABLE deadline DROP CONSTRAINT deadline_kind_check;
ALTER TABLE deadline ADD CONSTRAINT deadline_kind_check
    CHECK (kind IN ('acknowledge_by', 'arrive_by', 'resolve_by', 'resume', 'close'));
-- What was resolved before closes a week after this, so that nobody's time to say that it is not done is cut short.
INSERT INTO deadline (jurisdiction, report_id, kind, due_at)
SELECT jurisdiction, report_id, 'close', greatest(resolved_at, now()) + interval '7 days'
FROM report_state WHERE status = 'resolved';

-- What a reporter's command answered, so that its retry is answered the same and does nothing twice.
CREATE TABLE reporter_receipt (
    jurisdiction text NOT NULL,
    report_id    uuid NOT NULL,
    key          text NOT NULL,
    request_hash bytea NOT NULL,
    answer       text NOT NULL,
    made_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (jurisdiction, report_id, key)
);
CREATE INDEX reporter_receipt_age ON reporter_receipt (made_at);

GRANT SELECT, INSERT, DELETE ON reporter_receipt TO sasando_intake;
-- Where a report stands, and never who has it or what kind it is.
GRANT UPDATE (status, version, acknowledge_by, arrive_by, resolve_by, acknowledged_at, started_at, resolved_at,
    held_until, changed_at, next_due_at, rating, appealed) ON report_state TO sasando_intake;
GRANT INSERT ON report_history TO sasando_intake;
GRANT SELECT, INSERT, DELETE ON deadline TO sasando_intake;
GRANT UPDATE (due_at) ON deadline TO sasando_intake;
GRANT EXECUTE ON FUNCTION awaits_routing TO sasando_intake;
CREATE POLICY reporters ON deadline TO sasando_intake USING (true) WITH CHECK (true);

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
    -- report; a notifier to its agency's, and to another's where it hands a report over.
    IF session_user = 'sasando_intake' THEN
        IF EXISTS (
            SELECT FROM unnest(in_streams, in_types, in_reports) AS e (stream, type, report_id)
            WHERE e.type NOT IN ('commented', 'withdrawn', 'rated', 'reopened', 'followed') OR NOT EXISTS (
                SELECT FROM report_state s
                WHERE s.jurisdiction = in_jurisdiction AND s.report_id = e.report_id AND s.agency = e.stream))
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

GRANT EXECUTE ON FUNCTION append_events TO sasando_intake;
