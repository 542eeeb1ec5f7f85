-- The latest of what is open, for lists that anyone may read. Ids come in the order of their time, so that an entry for a
-- new report goes to the index's end.
CREATE INDEX report_state_open ON report_state (jurisdiction, report_id) WHERE next_due_at IS NOT NULL;
