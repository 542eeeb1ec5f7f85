-- pgbench: the two commits that a report's way needs, one row each, one after the other.
INSERT INTO report (jurisdiction, id, channel, idempotency_key, request_hash, tracking_code, reporter_key_hash,
    category, description, lat, lon, accuracy_m, location_source, area, landmark, visibility)
SELECT 'kupang', id, 'integrator', 'i:' || id, sha256(uuid_send(id)),
    'KPG-' || upper(substr(replace(gen_random_uuid()::text, '-', ''), 1, 11)), random() * 9e18, 'sampah',
    'Uji beban #0000000000: tumpukan sampah di tepi jalan sudah tiga hari tidak diangkut dan mulai berbau; '
        'warga meminta agar segera dibersihkan.',
    -10.14, 123.63, 12, 'gps', '53.71.04.1008', 'dekat lapangan', 'public'
FROM gen_random_uuid() AS made (id);
INSERT INTO stream_event (jurisdiction, stream, seq, epoch, event_id, type, report_id, version, status, agency, category,
    channel, received_at, occurred_at, body)
SELECT 'kupang', 'bench', (random() * 9e18)::bigint + 1, 1, id, 'assigned', id, 1, 'assigned', 'dlhk', 'sampah',
    'integrator', now(), now(), repeat('{"data": "1234567"}', 60)
FROM gen_random_uuid() AS made (id);
