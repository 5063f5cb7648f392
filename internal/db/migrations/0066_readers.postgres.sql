-- The indexes of words know who may read, as far as that never changes, so that a
-- client's search goes neither through what the team says to itself nor through
-- what is written in other clients' files: what the team alone reads of a client
-- is in, and not of it.
DROP INDEX messages_words;
ALTER TABLE messages DROP COLUMN words;
ALTER TABLE messages ADD COLUMN words tsvector GENERATED ALWAYS AS
  (CASE WHEN deleted_at IS NULL THEN to_tsvector('simple', body) || array_to_tsvector(ARRAY[
    CASE audience WHEN 'client' THEN 'of ' ELSE 'in ' END || client_id, 'by ' || author_id, '11 ' || (number >> 11), '14 ' || (number >> 14), '17 ' || (number >> 17), '20 ' || (number >> 20)]) END) STORED;
CREATE INDEX messages_words ON messages USING gin (words);
CREATE OR REPLACE FUNCTION index_subject() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO thread_words (thread_id, words) VALUES (NEW.id, to_tsvector('simple', NEW.subject) || array_to_tsvector(ARRAY[CASE NEW.audience WHEN 'client' THEN 'of ' ELSE 'in ' END || NEW.client_id])); RETURN NULL; END $f$;
UPDATE thread_words SET words = to_tsvector('simple', t.subject) || array_to_tsvector(ARRAY['in ' || t.client_id]) FROM threads t WHERE t.id = thread_id AND t.audience = 'team';
DROP INDEX version_texts_words;
ALTER TABLE version_texts DROP COLUMN words;
ALTER TABLE version_texts ADD COLUMN client_id TEXT NOT NULL DEFAULT '';
UPDATE version_texts SET client_id = f.client_id FROM files f WHERE f.id = file_id;
ALTER TABLE version_texts ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple', body) || array_to_tsvector(ARRAY['of ' || client_id])) STORED;
CREATE INDEX version_texts_words ON version_texts USING gin (words);
