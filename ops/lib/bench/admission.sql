-- pgbench: one report a transaction, as one statement: what intake writes for it, into the same tables.
-- The id is a UUIDv7, as intake's are: its first 48 bits are the time in milliseconds.
\set place random(0, 8632)
WITH drawn AS (
    SELECT lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') AS time,
        gen_random_uuid()::text AS chance
), made AS MATERIALIZED (
    SELECT (substr(time, 1, 8) || '-' || substr(time, 9) || '-7' || substr(chance, 16))::uuid AS id FROM drawn
), stored AS (
    INSERT INTO report (jurisdiction, id, channel, idempotency_key, request_hash, tracking_code, reporter_key_hash,
        category, description, lat, lon, accuracy_m, location_source, area, area_approximate, landmark,
        visibility)
    SELECT 'kupang', id, 'integrator', 'i:' || id, sha256(uuid_send(id)),
        'KPG-' || upper(substr(replace(gen_random_uuid()::text, '-', ''), 1, 11)), random() * 9e18, 'sampah',
        'Uji beban #0000000000: tumpukan sampah di tepi jalan sudah tiga hari tidak diangkut dan mulai berbau; '
            'warga meminta agar segera dibersihkan.',
        -10.14 - (:place % 97) / 10000.0, 123.63 + (:place % 89) / 10000.0, 12, 'gps', '53.71.04.1008', true,
        'dekat lapangan', 'public'
    FROM made
    ON CONFLICT (jurisdiction, channel, idempotency_key) DO NOTHING
    RETURNING id
)
INSERT INTO inbox (jurisdiction, urgency, part, report_id)
SELECT 'kupang', 1, get_byte(uuid_send(id), 15) % 64, id FROM stored;
