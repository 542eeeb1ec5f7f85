-- What `sasandoctl simulate` has filled in: it moves on in the transaction that fills, so an interrupted run goes on
-- where it stopped, and two at once cannot fill the same twice.
CREATE TABLE simulation (
    jurisdiction text NOT NULL REFERENCES jurisdiction,
    seed         bigint NOT NULL,
    reports      bigint NOT NULL CHECK (reports > 0),
    starts_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL CHECK (ends_at > starts_at),
    -- What the city was like: another city would lead to other lives, which do not follow from what is there.
    city_digest  text NOT NULL,
    -- Windows that are filled in.
    windows      bigint NOT NULL DEFAULT 0,
    finished     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (jurisdiction, seed)
);

-- A page of a desk's list is read from its index in its order, to the last report that is due at one moment. What is
-- finished is listed by status: one that is rare, or that nothing has, is not looked for among all the others. What is
-- overdue is counted from the index alone.
DROP INDEX report_state_work;
DROP INDEX report_state_done;
CREATE INDEX report_state_work ON report_state (jurisdiction, agency, next_due_at, report_id)
    INCLUDE (category, area) WHERE next_due_at IS NOT NULL;
CREATE INDEX report_state_done ON report_state (jurisdiction, agency, status, changed_at, report_id)
    WHERE next_due_at IS NULL;

-- Vacuum by what has changed and not by a fifth of all there is: what was once open leaves entries in the index of the
-- open behind, and at millions of reports a fifth of them is more than all the open ones together.
ALTER TABLE report_state SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000);
ALTER TABLE deadline SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
-- Only ever inserted: vacuum keeps them known as visible to all, in portions and not once in a long while.
ALTER TABLE report SET (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000);
ALTER TABLE report_history SET (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000);

-- The summary's own sums: by one dimension at a time, for each day, and over all days. Their number is bounded by the
-- city (agencies, categories, areas, statuses), and not by how many reports there are.
CREATE TABLE rollup_day (
    jurisdiction text NOT NULL,
    day          date NOT NULL,
    dimension    text NOT NULL CHECK (dimension IN ('agency', 'area', 'category')),
    code         text NOT NULL,
    status       text NOT NULL,
    n            bigint NOT NULL,
    PRIMARY KEY (jurisdiction, day, dimension, code, status)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE rollup_standing (
    jurisdiction text NOT NULL,
    dimension    text NOT NULL CHECK (dimension IN ('agency', 'area', 'category')),
    code         text NOT NULL,
    status       text NOT NULL,
    n            bigint NOT NULL,
    PRIMARY KEY (jurisdiction, dimension, code, status)
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

GRANT SELECT, INSERT, UPDATE, DELETE ON rollup_day, rollup_standing TO sasando_analytics;

INSERT INTO rollup_day (jurisdiction, day, dimension, code, status, n)
SELECT r.jurisdiction, r.day, d.dimension, d.code, r.status, sum(r.n)
FROM rollup_state r CROSS JOIN LATERAL (
    VALUES ('agency', r.agency), ('area', r.area), ('category', r.category)) AS d (dimension, code)
GROUP BY 1, 2, 3, 4, 5;

INSERT INTO rollup_standing (jurisdiction, dimension, code, status, n)
SELECT jurisdiction, dimension, code, status, sum(n) FROM rollup_day GROUP BY 1, 2, 3, 4;
