-- Reports for a stream whose counter somebody holds are set aside: they get an urgency beyond 10, which no claim reads,
-- and say whom they wait for. Claims then cost what can be filed, however many wait for that stream.
ALTER TABLE inbox
    ADD COLUMN held_for text,
    ADD CHECK (urgency IN (0, 1) AND held_for IS NULL OR urgency IN (10, 11) AND held_for IS NOT NULL);
CREATE INDEX inbox_held ON inbox (jurisdiction, held_for) WHERE held_for IS NOT NULL;
GRANT UPDATE (urgency, held_for) ON inbox TO sasando_routing;

-- Whether a stream's counter can be had: at once, or as soon as whoever appends now is through.
CREATE FUNCTION stream_is_free(in_jurisdiction text, in_stream text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '10ms' AS $$
BEGIN
    PERFORM 1 FROM stream s WHERE s.jurisdiction = in_jurisdiction AND s.code = in_stream FOR NO KEY UPDATE;
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END
$$;
REVOKE ALL ON FUNCTION stream_is_free FROM PUBLIC;
GRANT EXECUTE ON FUNCTION stream_is_free TO sasando_routing;

-- The same claim as before, of what is not set aside.
CREATE OR REPLACE FUNCTION claim_inbox(in_jurisdiction text, in_after_urgency smallint, in_after_id bigint, in_parts integer)
RETURNS TABLE (
    claimed_at timestamptz, urgency smallint, inbox_id bigint, id uuid, tracking_code text, category text,
    subtype text, description text, lat double precision, lon double precision, accuracy_m double precision,
    location_source text, area text, area_approximate boolean, address text, rt text, rw text, landmark text,
    received_at timestamptz, observed_at timestamptz, channel text, visibility text, traceparent text)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
DECLARE
    locked smallint[];
BEGIN
    locked := ARRAY(
        SELECT p.part FROM (
            SELECT waiting.part, min(waiting.urgency) AS urgency, min(waiting.id) AS id FROM (
                SELECT i.part, i.urgency, i.id FROM inbox i
                WHERE i.jurisdiction = in_jurisdiction AND (i.urgency, i.id) > (in_after_urgency, in_after_id)
                    AND i.urgency < 10
                ORDER BY i.urgency, i.id LIMIT 500) waiting
            GROUP BY waiting.part) w
        JOIN inbox_part p ON p.jurisdiction = in_jurisdiction AND p.part = w.part
        ORDER BY w.urgency, w.id LIMIT in_parts FOR UPDATE OF p SKIP LOCKED);
    IF locked = '{}' THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT now(), c.urgency, c.id, r.* FROM (
        SELECT i.urgency, i.id, i.report_id FROM inbox i
        WHERE i.jurisdiction = in_jurisdiction AND i.part = ANY(locked)
            AND (i.urgency, i.id) > (in_after_urgency, in_after_id) AND i.urgency < 10
        ORDER BY i.urgency, i.id LIMIT 500) c
    CROSS JOIN LATERAL (
        SELECT r.id, r.tracking_code, r.category, r.subtype, r.description, r.lat, r.lon, r.accuracy_m,
            r.location_source, r.area, r.area_approximate, r.address, r.rt, r.rw, r.landmark, r.received_at,
            r.observed_at, r.channel, r.visibility, r.traceparent
        FROM report r WHERE r.jurisdiction = in_jurisdiction AND r.id = c.report_id LIMIT 1) r
    ORDER BY c.urgency, c.id;
END
$$;
