-- Programs that send reports over ZeroMQ. Such a key has no token: a connection shows that it holds the secret that
-- belongs to the public key, and only the public key stands here.
ALTER TABLE api_key
    ADD COLUMN public_key bytea CHECK (length(public_key) = 32),
    ALTER COLUMN token_hash DROP NOT NULL,
    DROP CONSTRAINT api_key_kind_check,
    ADD CONSTRAINT api_key_kind_check CHECK (kind IN ('integrator', 'agency', 'operator', 'zeromq')),
    DROP CONSTRAINT api_key_check1,
    ADD CONSTRAINT api_key_channel_check CHECK ((kind IN ('integrator', 'zeromq')) = (channel IS NOT NULL)),
    ADD CONSTRAINT api_key_public_key_kind_check CHECK ((kind = 'zeromq') = (public_key IS NOT NULL)),
    ADD CONSTRAINT api_key_token_kind_check CHECK ((kind = 'zeromq') = (token_hash IS NULL)),
    ADD UNIQUE (jurisdiction, public_key);

-- All open keys of this kind, of every city: who may connect is decided before anything tells of a city. A public key
-- that two cities have named belongs to the one that named it first.
CREATE FUNCTION open_zeromq_keys()
RETURNS TABLE (public_key bytea, jurisdiction text, id text, channel text, rate_per_minute integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT ON (k.public_key) k.public_key, k.jurisdiction, k.id, k.channel, k.rate_per_minute
    FROM api_key k
    WHERE k.kind = 'zeromq' AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
    ORDER BY k.public_key, k.created_at, k.jurisdiction
    LIMIT 10000
$$;

REVOKE ALL ON FUNCTION open_zeromq_keys FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_zeromq_keys TO sasando_intake;
