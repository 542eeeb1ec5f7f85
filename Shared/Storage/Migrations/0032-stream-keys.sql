-- An agency's programs may follow its stream over ZeroMQ: a key of kind zeromq is a channel's or an agency's.
ALTER TABLE api_key
    DROP CONSTRAINT api_key_check,
    DROP CONSTRAINT api_key_channel_check,
    ADD CONSTRAINT api_key_holder_check CHECK (
        CASE kind
            WHEN 'agency' THEN agency IS NOT NULL AND channel IS NULL
            WHEN 'integrator' THEN channel IS NOT NULL AND agency IS NULL
            WHEN 'zeromq' THEN num_nonnulls(agency, channel) = 1
            ELSE num_nonnulls(agency, channel) = 0
        END);

-- Intake takes reports from channels alone.
CREATE OR REPLACE FUNCTION open_zeromq_keys()
RETURNS TABLE (public_key bytea, jurisdiction text, id text, channel text, rate_per_minute integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT ON (k.public_key) k.public_key, k.jurisdiction, k.id, k.channel, k.rate_per_minute
    FROM api_key k
    WHERE k.kind = 'zeromq' AND k.channel IS NOT NULL
      AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
    ORDER BY k.public_key, k.created_at, k.jurisdiction
    LIMIT 10000
$$;

-- The open keys of the agency whose notifier asks, and of no other.
CREATE FUNCTION open_stream_keys()
RETURNS TABLE (public_key bytea, jurisdiction text, id text, agency text, rate_per_minute integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT k.public_key, k.jurisdiction, k.id, k.agency, k.rate_per_minute
    FROM api_key k
    JOIN notifier_login l ON l.jurisdiction = k.jurisdiction AND l.agency = k.agency
    WHERE l.login = session_user AND k.kind = 'zeromq'
      AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
    ORDER BY k.created_at, k.id
    LIMIT 10000
$$;

REVOKE ALL ON FUNCTION open_stream_keys FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_stream_keys TO sasando_notifier;
