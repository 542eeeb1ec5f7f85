-- What a key may do, and on what ground its holder sends personal data.
ALTER TABLE api_key
    -- NULL: everything that a key of its kind may do.
    ADD scopes text[] CHECK (
        scopes IS NULL
        OR (kind = 'integrator' AND cardinality(scopes) > 0
            AND scopes <@ ARRAY['report', 'media', 'read', 'withdraw'])),
    -- UU PDP, article 20. 'consent': each report brings the consent of the person whose data they are.
    ADD legal_basis text NOT NULL DEFAULT 'consent' CHECK (
        legal_basis IN (
            'consent', 'contract', 'legal_obligation', 'vital_interest', 'public_task', 'legitimate_interest')),
    ADD CHECK (kind = 'integrator' OR legal_basis = 'consent');

DROP FUNCTION principal_of;
CREATE FUNCTION principal_of(in_jurisdiction text, in_hash bytea)
RETURNS TABLE (
    id text, kind text, agency text, channel text, rate_per_minute integer, scopes text[], legal_basis text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT k.id, k.kind, k.agency, k.channel, k.rate_per_minute, k.scopes, k.legal_basis
    FROM api_key k
    WHERE k.jurisdiction = in_jurisdiction
      AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
      AND (k.token_hash = in_hash OR k.id = (
          SELECT s.key_id FROM session s
          WHERE s.jurisdiction = in_jurisdiction AND s.token_hash = in_hash AND s.expires_at > now()))
$$;
REVOKE ALL ON FUNCTION principal_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION principal_of TO sasando_intake, sasando_notifier, sasando_analytics;

-- From when on the bucket of a key or an address is full again, over all replicas. Each process adds what it let pass,
-- now and then, and reads what all did; no request waits for it. It is lost with a crash, and then everybody may ask
-- again. An address stands here as an HMAC of it, for a minute longer than its bucket takes to fill.
CREATE UNLOGGED TABLE rate_use (
    subject bytea PRIMARY KEY CHECK (length(subject) = 32),
    full_at timestamptz NOT NULL
);
CREATE INDEX rate_use_full_at ON rate_use (full_at);

-- Adds the seconds that each subject's bucket needs to fill up what it gave, and gives those that all replicas' uses
-- need together. Rows are taken in one order by all, and old ones only where nobody holds them.
CREATE FUNCTION share_rates(in_subjects bytea[], in_seconds double precision[])
RETURNS TABLE (subject bytea, ahead_s double precision)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM rate_use WHERE subject IN (
        SELECT r.subject FROM rate_use r WHERE r.full_at < now() - interval '1 minute'
        LIMIT 1000 FOR UPDATE SKIP LOCKED);
    INSERT INTO rate_use AS u (subject, full_at)
    SELECT s, now() + d * interval '1 second' FROM unnest(in_subjects, in_seconds) AS t (s, d) ORDER BY s
    ON CONFLICT ON CONSTRAINT rate_use_pkey DO UPDATE
        SET full_at = greatest(u.full_at, now()) + (excluded.full_at - now())
    RETURNING u.subject, extract(epoch FROM u.full_at - now())::double precision
$$;
REVOKE ALL ON FUNCTION share_rates FROM PUBLIC;
GRANT EXECUTE ON FUNCTION share_rates TO sasando_intake, sasando_notifier;
