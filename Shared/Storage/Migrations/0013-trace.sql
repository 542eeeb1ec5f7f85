-- Where a report's way began (W3C Trace Context): what the log lines and the events about it have in common. Reports
-- from before have none.
ALTER TABLE report ADD COLUMN traceparent text CHECK (length(traceparent) = 55);
GRANT SELECT (traceparent) ON report TO sasando_routing, sasando_notifier;

-- As before, with one column more.
DROP FUNCTION claim_inbox;
CREATE FUNCTION claim_inbox(in_jurisdiction text, in_after_urgency smallint, in_after_id bigint, in_parts integer)
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
                ORDER BY i.urgency, i.id LIMIT 500) waiting
            GROUP BY waiting.part) w
        JOIN inbox_part p ON p.jurisdiction = in_jurisdiction AND p.part = w.part
        ORDER BY w.urgency, w.id LIMIT in_parts FOR UPDATE OF p SKIP LOCKED);
    IF locked = '{}' THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT now(), c.urgency, c.id, r.id, r.tracking_code, r.category, r.subtype, r.description, r.lat, r.lon,
        r.accuracy_m, r.location_source, r.area, r.area_approximate, r.address, r.rt, r.rw, r.landmark,
        r.received_at, r.observed_at, r.channel, r.visibility, r.traceparent
    FROM (
        SELECT i.urgency, i.id, i.report_id FROM inbox i
        WHERE i.jurisdiction = in_jurisdiction AND i.part = ANY(locked)
            AND (i.urgency, i.id) > (in_after_urgency, in_after_id)
        ORDER BY i.urgency, i.id LIMIT 500) c
    JOIN report r ON r.jurisdiction = in_jurisdiction AND r.id = c.report_id
    ORDER BY c.urgency, c.id;
END
$$;
REVOKE ALL ON FUNCTION claim_inbox FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_inbox TO sasando_routing;

-- What the operator asks of every running instance: which version it is, and how far its clock is ahead of ours.
ALTER TABLE peer
    ADD COLUMN version text,
    ADD COLUMN clock_ahead_s double precision;

-- Routing sees which agencies have nobody who serves them.
GRANT SELECT ON notifier_login TO sasando_routing;
