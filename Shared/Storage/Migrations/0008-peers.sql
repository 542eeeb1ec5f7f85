-- The running instances and their keys: the root of trust between our own services.
CREATE TABLE peer (
    service    text NOT NULL CHECK (service IN ('intake', 'routing', 'notifier', 'analytics')),
    instance   uuid NOT NULL,
    endpoint   text NOT NULL,
    public_key text NOT NULL CHECK (length(public_key) = 40),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (service, instance)
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

GRANT SELECT, INSERT, UPDATE, DELETE ON peer
    TO sasando_intake, sasando_routing, sasando_notifier, sasando_analytics;

-- Everyone reads all rows; each role writes those of its own service only.
ALTER TABLE peer ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone_reads ON peer FOR SELECT USING (true);
CREATE POLICY intake_writes ON peer TO sasando_intake USING (service = 'intake') WITH CHECK (service = 'intake');
CREATE POLICY routing_writes ON peer TO sasando_routing USING (service = 'routing') WITH CHECK (service = 'routing');
CREATE POLICY notifier_writes ON peer TO sasando_notifier
    USING (service = 'notifier') WITH CHECK (service = 'notifier');
CREATE POLICY analytics_writes ON peer TO sasando_analytics
    USING (service = 'analytics') WITH CHECK (service = 'analytics');
