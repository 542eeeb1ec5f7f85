-- A channel's own reports by the ids that the channel gave them, the newest last. What tells reports apart comes first,
-- as in the other indexes, so that no plan looks a report up by its city here.
CREATE INDEX report_external_id ON report (external_id, channel, jurisdiction, id) WHERE external_id IS NOT NULL;
CREATE INDEX test_report_external_id ON test_report (external_id, channel, jurisdiction, id)
    WHERE external_id IS NOT NULL;
