-- A report's other keys begin with what tells reports apart. While a table is nearly empty, all indexes that begin with
-- the city look alike to the planner, and a plan that is made then may look up a report among all of its city for as
-- long as nobody takes statistics. Of these, only the primary key can be used for a report's id.
ALTER TABLE report
    DROP CONSTRAINT report_jurisdiction_channel_idempotency_key_key,
    DROP CONSTRAINT report_jurisdiction_tracking_code_key,
    ADD CONSTRAINT report_idempotency_key UNIQUE (channel, idempotency_key, jurisdiction),
    ADD CONSTRAINT report_tracking_code UNIQUE (tracking_code, jurisdiction);
DROP INDEX report_reporter_key;
CREATE INDEX report_reporter_key ON report (reporter_key_hash, jurisdiction);
DROP INDEX stream_event_report;
CREATE INDEX stream_event_report ON stream_event (report_id, jurisdiction);

-- The same claim as before; each report is looked up by its id, whatever the planner takes the tables for.
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
            AND (i.urgency, i.id) > (in_after_urgency, in_after_id)
        ORDER BY i.urgency, i.id LIMIT 500) c
    CROSS JOIN LATERAL (
        SELECT r.id, r.tracking_code, r.category, r.subtype, r.description, r.lat, r.lon, r.accuracy_m,
            r.location_source, r.area, r.area_approximate, r.address, r.rt, r.rw, r.landmark, r.received_at,
            r.observed_at, r.channel, r.visibility, r.traceparent
        FROM report r WHERE r.jurisdiction = in_jurisdiction AND r.id = c.report_id LIMIT 1) r
    ORDER BY c.urgency, c.id;
END
$$;
