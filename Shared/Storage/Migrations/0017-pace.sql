-- The times of resolutions by agency alone: the summary reads 30 days of them, and by category and area too these are
-- as many rows as there are reports.
CREATE TABLE rollup_pace (
    jurisdiction text NOT NULL,
    day          date NOT NULL,
    agency       text NOT NULL,
    bucket       smallint NOT NULL,
    n            bigint NOT NULL,
    on_time      bigint NOT NULL,
    PRIMARY KEY (jurisdiction, day, agency, bucket)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

GRANT SELECT, INSERT, UPDATE, DELETE ON rollup_pace TO sasando_analytics;

INSERT INTO rollup_pace (jurisdiction, day, agency, bucket, n, on_time)
SELECT jurisdiction, day, agency, bucket, sum(n), sum(on_time) FROM rollup_time GROUP BY 1, 2, 3, 4;
