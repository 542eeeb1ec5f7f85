-- Open work in one status is read from its own part of an index, and not looked for among all that is open. Not what is
-- assigned: that is most of it, and an entry for each report would be one more write in routing.
CREATE INDEX report_state_status ON report_state (jurisdiction, agency, status, next_due_at, report_id)
    WHERE status IN ('triage', 'reopened', 'acknowledged', 'in_progress', 'on_hold');
