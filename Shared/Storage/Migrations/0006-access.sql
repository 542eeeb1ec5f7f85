-- Keys of integrators, agencies and operators. Only the SHA-256 of a token is kept.
CREATE TABLE api_key (
    jurisdiction    text NOT NULL REFERENCES jurisdiction,
    id              text NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('integrator', 'agency', 'operator')),
    agency          text,
    channel         text,
    token_hash      bytea NOT NULL CHECK (length(token_hash) = 32),
    rate_per_minute integer CHECK (rate_per_minute > 0),
    created_at      timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz,
    revoked_at      timestamptz,
    PRIMARY KEY (jurisdiction, id),
    UNIQUE (jurisdiction, token_hash),
    CHECK ((kind = 'agency') = (agency IS NOT NULL)),
    CHECK ((kind = 'integrator') = (channel IS NOT NULL))
);

-- A browser's session stands for the key it was opened with, and ends with it.
CREATE TABLE session (
    jurisdiction text NOT NULL,
    token_hash   bytea NOT NULL CHECK (length(token_hash) = 32),
    key_id       text NOT NULL,
    opened_at    timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (jurisdiction, token_hash),
    FOREIGN KEY (jurisdiction, key_id) REFERENCES api_key (jurisdiction, id)
);
CREATE INDEX session_expiry ON session (jurisdiction, expires_at);

-- The services ask who holds a token; they cannot list keys.
CREATE FUNCTION principal_of(in_jurisdiction text, in_hash bytea)
RETURNS TABLE (id text, kind text, agency text, channel text, rate_per_minute integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT k.id, k.kind, k.agency, k.channel, k.rate_per_minute
    FROM api_key k
    WHERE k.jurisdiction = in_jurisdiction
      AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
      AND (k.token_hash = in_hash OR k.id = (
          SELECT s.key_id FROM session s
          WHERE s.jurisdiction = in_jurisdiction AND s.token_hash = in_hash AND s.expires_at > now()))
$$;

-- Opens a session for whoever holds the token: at most 12 hours, and 50 open ones a key.
CREATE FUNCTION open_session(in_jurisdiction text, in_key_hash bytea, in_session_hash bytea)
RETURNS TABLE (id text, kind text, agency text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM session s WHERE s.jurisdiction = in_jurisdiction AND s.expires_at <= now();
    WITH holder AS (
        SELECT k.id, k.kind, k.agency FROM api_key k
        WHERE k.jurisdiction = in_jurisdiction AND k.token_hash = in_key_hash AND k.kind IN ('agency', 'operator')
          AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
    ), surplus AS (
        DELETE FROM session WHERE jurisdiction = in_jurisdiction AND token_hash IN (
            SELECT s.token_hash FROM session s, holder h
            WHERE s.jurisdiction = in_jurisdiction AND s.key_id = h.id
            ORDER BY s.opened_at DESC OFFSET 49)
    ), opened AS (
        INSERT INTO session (jurisdiction, token_hash, key_id, expires_at)
        SELECT in_jurisdiction, in_session_hash, h.id, now() + interval '12 hours' FROM holder h
    )
    SELECT h.id, h.kind, h.agency FROM holder h
$$;

CREATE FUNCTION close_session(in_jurisdiction text, in_session_hash bytea) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM session s WHERE s.jurisdiction = in_jurisdiction AND s.token_hash = in_session_hash
$$;

REVOKE ALL ON FUNCTION principal_of, open_session, close_session FROM PUBLIC;
GRANT EXECUTE ON FUNCTION principal_of TO sasando_intake, sasando_notifier, sasando_analytics;
GRANT EXECUTE ON FUNCTION open_session, close_session TO sasando_notifier;
