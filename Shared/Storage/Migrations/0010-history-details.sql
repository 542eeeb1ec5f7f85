-- What an agency says with a command, beside its notes. Lines from before know nothing of it.
ALTER TABLE report_history
    -- Of a rejection its code; of a hold the text that the citizen reads; of a transfer a text between the agencies.
    ADD COLUMN reason text,
    -- The report that this one is a duplicate of, as it was named: an id or a tracking code.
    ADD COLUMN original text,
    -- Whom the citizen should turn to instead.
    ADD COLUMN refer_to text,
    -- When a hold ends.
    ADD COLUMN until timestamptz;

-- Why an agency has a report is public; what the one that passed it on told the other is not. It stays in their events.
UPDATE report_state SET why = regexp_replace(why, '^((Diteruskan|Dialihkan) oleh [^:]+): .*$', '\1.')
WHERE handed_over_by IS NOT NULL AND why ~ '^(Diteruskan|Dialihkan) oleh [^:]+: ';

-- A notifier reads the history of the reports that are with its agency, and writes that of those it sees: the line that
-- tells of a hand-over comes when report_state names the receiver already, as do the timers that follow from it.
ALTER TABLE report_history ENABLE ROW LEVEL SECURITY;
CREATE POLICY services ON report_history TO sasando_intake, sasando_routing USING (true) WITH CHECK (true);
CREATE POLICY own_work ON report_history FOR SELECT TO sasando_notifier
    USING (EXISTS (
        SELECT FROM report_state s
        WHERE s.jurisdiction = report_history.jurisdiction AND s.report_id = report_history.report_id
            AND s.agency = (SELECT l.agency FROM notifier_login l WHERE l.login = current_user)));
CREATE POLICY tell_of_own_work ON report_history FOR INSERT TO sasando_notifier
    WITH CHECK (EXISTS (
        SELECT FROM report_state s
        WHERE s.jurisdiction = report_history.jurisdiction AND s.report_id = report_history.report_id));

ALTER TABLE deadline ENABLE ROW LEVEL SECURITY;
CREATE POLICY services ON deadline TO sasando_routing, sasando_analytics USING (true) WITH CHECK (true);
CREATE POLICY own_work ON deadline TO sasando_notifier
    USING (EXISTS (
        SELECT FROM report_state s
        WHERE s.jurisdiction = deadline.jurisdiction AND s.report_id = deadline.report_id));
