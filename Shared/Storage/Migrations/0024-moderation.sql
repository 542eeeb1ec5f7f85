-- What readers find wrong with public reports. Of who flagged there is a random number that their browser keeps, so that
-- one phone counts once.
CREATE TABLE report_flag (
    jurisdiction text NOT NULL,
    report_id    uuid NOT NULL,
    device       uuid NOT NULL,
    reason       text NOT NULL CHECK (reason IN ('personal_data', 'insult', 'not_a_report', 'other')),
    at           timestamptz NOT NULL DEFAULT now(),
    -- Answered by the operator. The row stays, so that the same phone does not flag it again.
    answered     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (jurisdiction, report_id, device)
);

-- How a report stands in public; none for a report that nobody flagged and nobody touched.
CREATE TABLE report_moderation (
    jurisdiction text NOT NULL,
    report_id    uuid NOT NULL,
    open_flags   integer NOT NULL DEFAULT 0 CHECK (open_flags BETWEEN 0 AND 100),
    hidden_at    timestamptz,
    redacted_at  timestamptz,
    PRIMARY KEY (jurisdiction, report_id)
);
CREATE INDEX report_moderation_flagged ON report_moderation (jurisdiction, open_flags DESC, report_id)
    WHERE open_flags > 0;
CREATE INDEX report_moderation_hidden ON report_moderation (jurisdiction, hidden_at DESC, report_id)
    WHERE hidden_at IS NOT NULL;

-- Who did what, when and why. It only grows.
CREATE TABLE moderation_log (
    jurisdiction text NOT NULL,
    -- Begins with its time (UUIDv7).
    id           uuid NOT NULL,
    report_id    uuid NOT NULL,
    at           timestamptz NOT NULL DEFAULT now(),
    -- The key that was shown, and which of those who share it.
    key_id       text NOT NULL,
    actor        text,
    action       text NOT NULL CHECK (action IN ('hide', 'unhide', 'redact', 'dismiss')),
    reason       text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (jurisdiction, id)
);
CREATE INDEX moderation_log_report ON moderation_log (jurisdiction, report_id, id);

-- Intake serves what anyone reads, and so what is flagged and hidden. An agency's login has nothing to do here: what is
-- hidden from the public is its work all the same.
GRANT SELECT, INSERT ON report_flag, report_moderation, moderation_log TO sasando_intake;
GRANT UPDATE (answered) ON report_flag TO sasando_intake;
GRANT UPDATE (open_flags, hidden_at, redacted_at) ON report_moderation TO sasando_intake;

-- How many reports wait for the operator: all that the dashboard needs.
CREATE FUNCTION flagged_reports(in_jurisdiction text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*) FROM report_moderation m WHERE m.jurisdiction = in_jurisdiction AND m.open_flags > 0
$$;
REVOKE ALL ON FUNCTION flagged_reports FROM PUBLIC;
GRANT EXECUTE ON FUNCTION flagged_reports TO sasando_analytics;

-- What erases a report's texts, where the operator answers for it: without a line of this very transaction in the log it
-- does nothing at all. Who reported is kept: what was wrong is what stood there.
CREATE FUNCTION redact_report(in_jurisdiction text, in_report uuid) RETURNS text[]
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM moderation_log l
        WHERE l.jurisdiction = in_jurisdiction AND l.report_id = in_report AND l.action = 'redact' AND l.at = now())
    THEN
        RAISE EXCEPTION 'a redaction that nobody answers for' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN erase_texts(in_jurisdiction, in_report);
END
$$;
REVOKE ALL ON FUNCTION redact_report FROM PUBLIC;
GRANT EXECUTE ON FUNCTION redact_report TO sasando_intake;
