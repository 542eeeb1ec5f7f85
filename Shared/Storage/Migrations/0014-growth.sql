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
