-- What a command answered is kept for 30 days; each notifier lets its own agency's older answers go.
CREATE INDEX command_receipt_age ON command_receipt (jurisdiction, agency, made_at);
GRANT DELETE ON command_receipt TO sasando_notifier;

-- Whether a report exists, by its id or its tracking code: what "duplicate of" may name, and all that is told of it.
CREATE FUNCTION report_exists(in_jurisdiction text, in_report uuid, in_tracking_code text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM report r WHERE r.jurisdiction = in_jurisdiction AND r.id = in_report)
        OR EXISTS (SELECT FROM report r WHERE r.jurisdiction = in_jurisdiction AND r.tracking_code = in_tracking_code)
$$;
REVOKE ALL ON FUNCTION report_exists FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report_exists TO sasando_notifier;

-- Events of a report that was taken out of the figures: they keep their place in the stream, and count nowhere.
ALTER TABLE stream_event ADD COLUMN uncounted boolean NOT NULL DEFAULT false;
