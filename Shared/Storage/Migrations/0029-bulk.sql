-- Records that came again after their day was over (keys r:DIGEST:n), by their digest: the newest of each is looked for
-- before one more is stored. Few are such, and no other report stands in it.
CREATE INDEX report_record_again ON report (substr(idempotency_key, 3, 22), channel, jurisdiction)
    WHERE left(idempotency_key, 2) = 'r:';
