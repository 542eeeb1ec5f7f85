-- The answers to what the city asks of a report's category. What else a sender puts into `attributes` stays with intake.
ALTER TABLE report ADD COLUMN answers text;
GRANT SELECT (answers) ON report TO sasando_routing, sasando_notifier;

-- The same claim as before, with the answers: what a function returns can only be changed by making it anew.
DROP FUNCTION claim_inbox(text, smallint, bigint, integer);
CREATE FUNCTION claim_inbox(in_jurisdiction text, in_after_urgency smallint, in_after_id bigint, in_parts integer)
RETURNS TABLE (
    claimed_at timestamptz, urgency smallint, inbox_id bigint, id uuid, tracking_code text, category text,
    subtype text, description text, lat double precision, lon double precision, accuracy_m double precision,
    location_source text, area text, area_approximate boolean, address text, rt text, rw text, landmark text,
    received_at timestamptz, observed_at timestamptz, channel text, visibility text, traceparent text, answers text)
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
            r.observed_at, r.channel, r.visibility, r.traceparent, r.answers
        FROM report r WHERE r.jurisdiction = in_jurisdiction AND r.id = c.report_id LIMIT 1) r
    ORDER BY c.urgency, c.id;
END
$$;
REVOKE ALL ON FUNCTION claim_inbox FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_inbox TO sasando_routing;

-- What the public page of the city's performance is made of, by agency and category, so that sensitive categories can be
-- left out of every sum. An agency's stream alone writes its rows, so streams do not wait for each other here.
CREATE TABLE rollup_received (
    jurisdiction text NOT NULL,
    -- Of receipt, in city time.
    day          date NOT NULL,
    agency       text NOT NULL,
    category     text NOT NULL,
    n            bigint NOT NULL,
    PRIMARY KEY (jurisdiction, day, agency, category)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE rollup_speed (
    jurisdiction text NOT NULL,
    -- Of the resolution, in city time.
    day          date NOT NULL,
    agency       text NOT NULL,
    category     text NOT NULL,
    bucket       smallint NOT NULL,
    n            bigint NOT NULL,
    on_time      bigint NOT NULL,
    PRIMARY KEY (jurisdiction, day, agency, category, bucket)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

INSERT INTO rollup_received (jurisdiction, day, agency, category, n)
SELECT jurisdiction, day, agency, category, sum(n) FROM rollup_state GROUP BY 1, 2, 3, 4;
INSERT INTO rollup_speed (jurisdiction, day, agency, category, bucket, n, on_time)
SELECT jurisdiction, day, agency, category, bucket, sum(n), sum(on_time) FROM rollup_time GROUP BY 1, 2, 3, 4, 5;

GRANT SELECT, INSERT, UPDATE, DELETE ON rollup_received, rollup_speed TO sasando_analytics;

-- How many reports of a sensitive category a month brought to a kecamatan, as they were published: once, after the month,
-- and never changed, since a number that changes tells what it changed by. From 1 to 4 no number is kept, here either.
CREATE TABLE published_count (
    jurisdiction text NOT NULL REFERENCES jurisdiction,
    -- Its first day.
    month        date NOT NULL CHECK (extract(day FROM month) = 1),
    category     text NOT NULL,
    -- Empty where no kelurahan is known.
    district     text NOT NULL,
    -- NULL stands for 1 to 4.
    n            bigint CHECK (n = 0 OR n >= 5),
    published_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (jurisdiction, month, category, district)
);
GRANT SELECT, INSERT ON published_count TO sasando_analytics;

-- What the city already knows, as its operator says it. Words and time never change; it may end early.
CREATE TABLE announcement (
    jurisdiction text NOT NULL REFERENCES jurisdiction,
    id           uuid NOT NULL,
    -- NULL for every category.
    category     text,
    -- Empty for the whole city.
    areas        text[] NOT NULL CHECK (cardinality(areas) <= 200),
    begins_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL CHECK (ends_at > begins_at),
    text_id      text NOT NULL CHECK (length(text_id) BETWEEN 3 AND 300),
    text_en      text CHECK (length(text_en) BETWEEN 3 AND 300),
    ended_at     timestamptz,
    PRIMARY KEY (jurisdiction, id)
);
-- What is shown, and what the operator has had lately.
CREATE INDEX announcement_end ON announcement (jurisdiction, ends_at);

-- Who said it, and who ended it: the key that was signed in with.
CREATE TABLE announcement_audit (
    jurisdiction    text NOT NULL,
    announcement_id uuid NOT NULL,
    act             text NOT NULL CHECK (act IN ('made', 'ended')),
    at              timestamptz NOT NULL DEFAULT now(),
    by_key          text NOT NULL,
    PRIMARY KEY (jurisdiction, announcement_id, act),
    FOREIGN KEY (jurisdiction, announcement_id) REFERENCES announcement (jurisdiction, id)
);
GRANT SELECT, INSERT ON announcement, announcement_audit TO sasando_analytics;
GRANT UPDATE (ended_at) ON announcement TO sasando_analytics;
GRANT SELECT ON announcement TO sasando_intake;
