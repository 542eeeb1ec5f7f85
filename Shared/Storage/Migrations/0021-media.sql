-- Photos. Their bytes lie in a folder, by what they are; here stands whose they are.

-- What was uploaded and belongs to no report yet. The id is random; only who uploaded it may use it, once.
CREATE TABLE media_upload (
    jurisdiction text NOT NULL,
    id           uuid NOT NULL,
    -- report:UUID, form:UUID, channel:CODE or agency:CODE
    uploader     text NOT NULL,
    web          bytea NOT NULL CHECK (octet_length(web) = 32),
    thumb        bytea NOT NULL CHECK (octet_length(thumb) = 32),
    width        integer NOT NULL CHECK (width > 0),
    height       integer NOT NULL CHECK (height > 0),
    made_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (jurisdiction, id)
);
CREATE INDEX media_upload_age ON media_upload (jurisdiction, made_at);
CREATE INDEX media_upload_web ON media_upload (jurisdiction, web);
CREATE INDEX media_upload_thumb ON media_upload (jurisdiction, thumb);

CREATE TABLE report_media (
    jurisdiction text NOT NULL,
    report_id    uuid NOT NULL,
    n            smallint NOT NULL CHECK (n BETWEEN 1 AND 20),
    -- The agency that sent it; NULL: the reporter did.
    agency       text,
    -- Of the line of history that it came with; 0 for one that came with the report.
    version      integer NOT NULL CHECK (version >= 0),
    -- Whether everybody sees it who sees the report. What a reporter sends with an answer is for the agency; what an
    -- agency keeps with an internal note is its own.
    is_public    boolean NOT NULL,
    web          bytea NOT NULL CHECK (octet_length(web) = 32),
    thumb        bytea NOT NULL CHECK (octet_length(thumb) = 32),
    width        integer NOT NULL CHECK (width > 0),
    height       integer NOT NULL CHECK (height > 0),
    added_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (jurisdiction, report_id, n),
    -- Who sends the same photo again has sent one.
    UNIQUE (jurisdiction, report_id, web)
);
CREATE INDEX report_media_web ON report_media (jurisdiction, web);
CREATE INDEX report_media_thumb ON report_media (jurisdiction, thumb);

-- Photos whose rows are gone, until intake has removed their files: it is the only one that has the folder.
CREATE TABLE media_removed (
    jurisdiction text NOT NULL,
    hash         bytea NOT NULL,
    removed_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (jurisdiction, hash)
);

CREATE FUNCTION note_removed_media() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO media_removed (jurisdiction, hash)
    VALUES (OLD.jurisdiction, OLD.web), (OLD.jurisdiction, OLD.thumb) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION note_removed_media FROM PUBLIC;
CREATE TRIGGER report_media_removed AFTER DELETE ON report_media
    FOR EACH ROW EXECUTE FUNCTION note_removed_media();

GRANT SELECT, INSERT, DELETE ON media_upload TO sasando_intake;
GRANT INSERT ON media_upload TO sasando_notifier;
-- Erasure takes a report's photos away; nothing else changes or adds one but the functions below.
GRANT SELECT, DELETE ON report_media TO sasando_intake;
GRANT SELECT, INSERT, DELETE ON media_removed TO sasando_intake;
-- The hash leads to the photo, so only who shows photos may read it.
GRANT SELECT (jurisdiction, report_id, n, agency, version, is_public) ON report_media
    TO sasando_routing, sasando_notifier;

ALTER TABLE media_upload ENABLE ROW LEVEL SECURITY;
CREATE POLICY services ON media_upload TO sasando_intake USING (true) WITH CHECK (true);
CREATE POLICY own_uploads ON media_upload FOR INSERT TO sasando_notifier
    WITH CHECK ((jurisdiction, uploader) = (
        SELECT l.jurisdiction, 'agency:' || l.agency FROM notifier_login l WHERE l.login = current_user));

ALTER TABLE report_media ENABLE ROW LEVEL SECURITY;
CREATE POLICY services ON report_media TO sasando_intake, sasando_routing USING (true) WITH CHECK (true);
CREATE POLICY own_work ON report_media FOR SELECT TO sasando_notifier
    USING (EXISTS (
        SELECT FROM report_state s
        WHERE s.jurisdiction = report_media.jurisdiction AND s.report_id = report_media.report_id
            AND s.agency = (SELECT l.agency FROM notifier_login l WHERE l.login = current_user)));

-- Gives uploads to a report, all or none, and says by which numbers they are its own: NULL where one of them is
-- unknown, used or somebody else's, none where the report would have too many. A notifier gives its agency's uploads
-- alone, to reports that its agency has; intake gives nothing in an agency's name.
CREATE FUNCTION claim_media(
    in_jurisdiction text, in_report uuid, in_uploader text, in_ids uuid[], in_version integer, in_public boolean)
RETURNS smallint[]
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    own text;
    taken media_upload[];
    one media_upload;
    had integer;
    number smallint;
    numbers smallint[] := '{}';
BEGIN
    IF session_user = 'sasando_intake' THEN
        IF in_uploader LIKE 'agency:%' THEN
            RAISE EXCEPTION '% may not give this photo', session_user USING ERRCODE = 'insufficient_privilege';
        END IF;
    ELSIF NOT pg_has_role(session_user, current_user, 'MEMBER') THEN
        SELECT l.agency INTO own FROM notifier_login l
        WHERE l.login = session_user AND l.jurisdiction = in_jurisdiction;
        IF own IS NULL OR in_uploader <> 'agency:' || own OR NOT EXISTS (
            SELECT FROM report_state s
            WHERE s.jurisdiction = in_jurisdiction AND s.report_id = in_report AND s.agency = own)
        THEN
            RAISE EXCEPTION '% may not give this photo', session_user USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    taken := ARRAY(
        SELECT u FROM media_upload u
        WHERE u.jurisdiction = in_jurisdiction AND u.uploader = in_uploader AND u.id = ANY(in_ids)
        ORDER BY u.id FOR UPDATE);
    IF cardinality(taken) <> cardinality(in_ids) THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(max(m.n), 0) INTO had FROM report_media m
    WHERE m.jurisdiction = in_jurisdiction AND m.report_id = in_report;
    IF had + cardinality(taken) > 20 THEN
        RETURN numbers;
    END IF;
    FOR one IN SELECT t.* FROM unnest(taken) AS t ORDER BY array_position(in_ids, t.id) LOOP
        INSERT INTO report_media (jurisdiction, report_id, n, agency, version, is_public, web, thumb, width, height)
        VALUES (in_jurisdiction, in_report, had + 1, substring(in_uploader FROM '^agency:(.*)$'), in_version,
            in_public, one.web, one.thumb, one.width, one.height)
        ON CONFLICT (jurisdiction, report_id, web) DO NOTHING
        RETURNING n INTO number;
        IF number IS NULL THEN
            SELECT m.n INTO number FROM report_media m
            WHERE m.jurisdiction = in_jurisdiction AND m.report_id = in_report AND m.web = one.web;
        ELSE
            had := had + 1;
        END IF;
        numbers := numbers || number;
    END LOOP;
    DELETE FROM media_upload u WHERE u.jurisdiction = in_jurisdiction AND u.id = ANY(in_ids);
    RETURN numbers;
END
$$;
REVOKE ALL ON FUNCTION claim_media FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_media TO sasando_intake, sasando_notifier;

-- The same for a report that is being admitted: it is stored with all of its photos or not at all.
CREATE FUNCTION claim_first_media(in_jurisdiction text, in_report uuid, in_uploader text, in_ids uuid[])
RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
DECLARE
    numbers smallint[] := claim_media(in_jurisdiction, in_report, in_uploader, in_ids, 0, true);
BEGIN
    IF coalesce(cardinality(numbers), 0) = 0 THEN
        RAISE EXCEPTION 'a photo is unknown, used, or somebody else''s'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'report_media_upload';
    END IF;
    RETURN cardinality(numbers);
END
$$;
REVOKE ALL ON FUNCTION claim_first_media FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_first_media TO sasando_intake;
