-- One claim of the inbox in one round trip: locks parts that wait, the longest waiting first, and then reads up to 500
-- reports of them in a fresh snapshot, so that what the previous holder filed is gone from it.
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
