-- Where a report's way began (W3C Trace Context): what the log lines and the events about it have in common. Reports
-- from before have none.
ALTER TABLE report ADD COLUMN traceparent text CHECK (length(traceparent) = 55);
GRANT SELECT (traceparent) ON report TO sasando_routing, sasando_notifier;

-- What the operator asks of every running instance: which version it is, and how far its clock is ahead of ours.
ALTER TABLE peer
    ADD COLUMN version text,
    ADD COLUMN clock_ahead_s double precision;

-- Routing sees which agencies have nobody who serves them.
GRANT SELECT ON notifier_login TO sasando_routing;
