-- How far each stream has been folded. A fold moves its cursor first, and only from where it read.
CREATE TABLE analytics_cursor (
    jurisdiction text NOT NULL,
    stream       text NOT NULL,
    epoch        integer NOT NULL,
    seq          bigint NOT NULL,
    PRIMARY KEY (jurisdiction, stream)
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- How many reports of a day's receipt (city time) stand where. Sums of +1 and -1, so order does not matter.
CREATE TABLE rollup_state (
    jurisdiction text NOT NULL,
    day          date NOT NULL,
    agency       text NOT NULL,
    category     text NOT NULL,
    area         text NOT NULL,
    status       text NOT NULL,
    n            bigint NOT NULL,
    PRIMARY KEY (jurisdiction, day, agency, category, area, status)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

-- How long the resolutions of a day (city time) took: a histogram with fixed buckets, and how many kept the promise.
CREATE TABLE rollup_time (
    jurisdiction text NOT NULL,
    day          date NOT NULL,
    agency       text NOT NULL,
    category     text NOT NULL,
    area         text NOT NULL,
    bucket       smallint NOT NULL,
    n            bigint NOT NULL,
    on_time      bigint NOT NULL,
    PRIMARY KEY (jurisdiction, day, agency, category, area, bucket)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

-- What came in and what was finished on each day (city time of the event).
CREATE TABLE rollup_flow (
    jurisdiction text NOT NULL,
    day          date NOT NULL,
    agency       text NOT NULL,
    opened       bigint NOT NULL,
    finished     bigint NOT NULL,
    PRIMARY KEY (jurisdiction, day, agency)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

GRANT SELECT, INSERT, UPDATE, DELETE ON analytics_cursor, rollup_state, rollup_time, rollup_flow TO sasando_analytics;
