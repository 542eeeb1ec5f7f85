-- What happened to reports within a span of time, for programs that follow all of them. What tells lines apart comes
-- first, as in the other indexes, so that no plan looks a report's history up by it.
CREATE INDEX report_history_at ON report_history (at, jurisdiction);
