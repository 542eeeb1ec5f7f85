-- Locks several counters, and never holds one while it waits for another: while somebody sits on one stream's, the other
-- streams' writers go on. What is had without waiting is let go again where one is missing, and that one is waited for
-- alone. Writers that are merely many soon queue up in ascending order, which cannot deadlock.
CREATE FUNCTION lock_counters(in_jurisdiction text, in_streams text[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
DECLARE
    had text[];
    missing text;
BEGIN
    FOR attempt IN 1..4 LOOP
        BEGIN
            had := ARRAY(
                SELECT s.code FROM stream s WHERE s.jurisdiction = in_jurisdiction AND s.code = ANY(in_streams)
                ORDER BY s.code FOR NO KEY UPDATE SKIP LOCKED);
            SELECT min(e.code) INTO missing FROM unnest(in_streams) AS e (code) WHERE e.code <> ALL(had);
            IF missing IS NULL THEN
                RETURN;
            END IF;
            RAISE EXCEPTION USING ERRCODE = 'SA001';
        EXCEPTION WHEN SQLSTATE 'SA001' THEN NULL;
        END;
        BEGIN
            PERFORM 1 FROM stream s WHERE s.jurisdiction = in_jurisdiction AND s.code = missing FOR NO KEY UPDATE;
            IF NOT FOUND THEN
                RETURN;  -- There is no such stream; the append says so.
            END IF;
            RAISE EXCEPTION USING ERRCODE = 'SA001';
        EXCEPTION WHEN SQLSTATE 'SA001' THEN NULL;
        END;
    END LOOP;
    PERFORM 1 FROM stream s WHERE s.jurisdiction = in_jurisdiction AND s.code = ANY(in_streams)
    ORDER BY s.code FOR NO KEY UPDATE;
END
$$;
REVOKE ALL ON FUNCTION lock_counters FROM PUBLIC;

-- Events are appended by this function alone: nobody can number one, or raise a stream's head, by themselves.
-- The bulk comes in with the call, so it is all here before the first counter is locked: whatever stops the client
-- while it sends, no counter waits for it. Each statement below has a snapshot of its own.
CREATE FUNCTION append_events(
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
    -- Routing appends to every stream, a notifier to its agency's, and to another's where it hands a report over.
    IF session_user <> 'sasando_routing' AND NOT pg_has_role(session_user, current_user, 'MEMBER') THEN
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
REVOKE ALL ON FUNCTION append_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append_events TO sasando_routing, sasando_notifier;

REVOKE UPDATE (head) ON stream FROM sasando_routing, sasando_notifier;
REVOKE INSERT ON stream_event FROM sasando_routing, sasando_notifier;
DROP POLICY append ON stream_event;
DROP POLICY hand_over ON stream_event;

-- Of a report, the agencies and routing see what they work with: not the keys of retries, and not the hash of the
-- request, by which a guess at the reporter's phone could be tested.
REVOKE SELECT ON report FROM sasando_routing, sasando_notifier;
GRANT SELECT (
    jurisdiction, id, tracking_code, category, subtype, description, lat, lon, accuracy_m, location_source, area,
    area_approximate, address, rt, rw, landmark, received_at, observed_at, channel, visibility
) ON report TO sasando_routing, sasando_notifier;

-- Every login writes the peers that it registered itself: an agency's cannot silence another's.
ALTER TABLE peer ADD COLUMN registered_by name NOT NULL DEFAULT current_user;
DROP POLICY intake_writes ON peer;
DROP POLICY routing_writes ON peer;
DROP POLICY notifier_writes ON peer;
DROP POLICY analytics_writes ON peer;
CREATE POLICY intake_writes ON peer TO sasando_intake
    USING (service = 'intake' AND registered_by = current_user)
    WITH CHECK (service = 'intake' AND registered_by = current_user);
CREATE POLICY routing_writes ON peer TO sasando_routing
    USING (service = 'routing' AND registered_by = current_user)
    WITH CHECK (service = 'routing' AND registered_by = current_user);
CREATE POLICY notifier_writes ON peer TO sasando_notifier
    USING (service = 'notifier' AND registered_by = current_user)
    WITH CHECK (service = 'notifier' AND registered_by = current_user);
CREATE POLICY analytics_writes ON peer TO sasando_analytics
    USING (service = 'analytics' AND registered_by = current_user)
    WITH CHECK (service = 'analytics' AND registered_by = current_user);
