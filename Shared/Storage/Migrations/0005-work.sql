-- Where a report stands: one row for each, so it is with exactly one agency at a time.
CREATE TABLE report_state (
    jurisdiction    text NOT NULL,
    report_id       uuid NOT NULL,
    agency          text NOT NULL,
    -- The agency that transferred it here, which may still see where its report went.
    handed_over_by  text,
    status          text NOT NULL CHECK (status IN (
        'triage', 'assigned', 'reopened', 'acknowledged', 'in_progress', 'on_hold',
        'resolved', 'closed', 'rejected', 'duplicate', 'withdrawn')),
    version         integer NOT NULL CHECK (version > 0),
    priority        smallint NOT NULL,
    transfers       smallint NOT NULL DEFAULT 0,
    category        text,
    subtype         text,
    area            text,
    why             text NOT NULL,
    acknowledge_by  timestamptz NOT NULL,
    arrive_by       timestamptz,
    resolve_by      timestamptz NOT NULL,
    acknowledged_at timestamptz,
    started_at      timestamptz,
    resolved_at     timestamptz,
    held_until      timestamptz,
    changed_at      timestamptz NOT NULL,
    -- What the agency must do next, by when; NULL once nothing is left to do.
    next_due_at     timestamptz,
    PRIMARY KEY (jurisdiction, report_id),
    CHECK ((status IN ('resolved', 'closed', 'rejected', 'duplicate', 'withdrawn')) = (next_due_at IS NULL))
) WITH (fillfactor = 80);
-- An agency's open work, the most pressing first.
CREATE INDEX report_state_work ON report_state (jurisdiction, agency, next_due_at) WHERE next_due_at IS NOT NULL;
-- What an agency finished, the latest first.
CREATE INDEX report_state_done ON report_state (jurisdiction, agency, changed_at DESC) WHERE next_due_at IS NULL;

-- What happened to a report, one line a version.
CREATE TABLE report_history (
    jurisdiction  text NOT NULL,
    report_id     uuid NOT NULL,
    version       integer NOT NULL,
    at            timestamptz NOT NULL,
    type          text NOT NULL,
    status        text NOT NULL,
    agency        text NOT NULL,
    note          text,
    internal_note text,
    actor         text,
    PRIMARY KEY (jurisdiction, report_id, version)
);

-- Durable timers: the effect and the removal are one transaction, so each fires once.
CREATE TABLE deadline (
    jurisdiction text NOT NULL,
    report_id    uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('acknowledge_by', 'arrive_by', 'resolve_by', 'resume')),
    due_at       timestamptz NOT NULL,
    PRIMARY KEY (jurisdiction, report_id, kind)
);
CREATE INDEX deadline_due ON deadline (jurisdiction, due_at);

-- What a command answered, so that its retry is answered the same and does nothing twice.
CREATE TABLE command_receipt (
    jurisdiction text NOT NULL,
    agency       text NOT NULL,
    key          text NOT NULL,
    request_hash bytea NOT NULL,
    report_id    uuid NOT NULL,
    answer       text NOT NULL,
    made_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (jurisdiction, agency, key)
);

GRANT SELECT ON report_state, report_history TO sasando_intake;
GRANT SELECT, INSERT, UPDATE ON report_state TO sasando_routing, sasando_notifier;
GRANT SELECT ON report_state TO sasando_analytics;
GRANT SELECT, INSERT ON report_history TO sasando_notifier;
GRANT INSERT ON report_history TO sasando_routing;
GRANT SELECT, INSERT, DELETE ON deadline TO sasando_routing, sasando_notifier;
GRANT UPDATE (due_at) ON deadline TO sasando_routing, sasando_notifier;
GRANT SELECT ON deadline TO sasando_analytics;
GRANT SELECT, INSERT ON command_receipt TO sasando_notifier;

-- A notifier sees and changes the reports that are with its agency, and sees those it handed over
-- (without that, row security would refuse the very update that hands a report over).
ALTER TABLE report_state ENABLE ROW LEVEL SECURITY;
CREATE POLICY services ON report_state TO sasando_intake, sasando_routing, sasando_analytics
    USING (true) WITH CHECK (true);
CREATE POLICY own_work ON report_state FOR SELECT TO sasando_notifier
    USING ((jurisdiction, agency) = (SELECT l.jurisdiction, l.agency FROM notifier_login l WHERE l.login = current_user)
        OR (jurisdiction, handed_over_by) = (SELECT l.jurisdiction, l.agency FROM notifier_login l WHERE l.login = current_user));
CREATE POLICY change_own_work ON report_state FOR UPDATE TO sasando_notifier
    USING ((jurisdiction, agency) = (SELECT l.jurisdiction, l.agency FROM notifier_login l WHERE l.login = current_user))
    WITH CHECK (jurisdiction = (SELECT l.jurisdiction FROM notifier_login l WHERE l.login = current_user));

ALTER TABLE report ENABLE ROW LEVEL SECURITY;
CREATE POLICY services ON report TO sasando_intake, sasando_routing USING (true) WITH CHECK (true);
CREATE POLICY own_work ON report FOR SELECT TO sasando_notifier
    USING (EXISTS (SELECT FROM report_state s WHERE s.jurisdiction = report.jurisdiction AND s.report_id = report.id));

ALTER TABLE command_receipt ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_receipts ON command_receipt TO sasando_notifier
    USING ((jurisdiction, agency) = (SELECT l.jurisdiction, l.agency FROM notifier_login l WHERE l.login = current_user))
    WITH CHECK ((jurisdiction, agency) = (SELECT l.jurisdiction, l.agency FROM notifier_login l WHERE l.login = current_user));

-- Whether a report exists that routing has not decided yet: all that an agency may know of it.
CREATE FUNCTION awaits_routing(in_jurisdiction text, in_report uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM report r WHERE r.jurisdiction = in_jurisdiction AND r.id = in_report)
        AND NOT EXISTS (SELECT FROM report_state s WHERE s.jurisdiction = in_jurisdiction AND s.report_id = in_report)
$$;
REVOKE ALL ON FUNCTION awaits_routing FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awaits_routing TO sasando_notifier;
