-- Search in the subjects of conversations. As in the index of messages, the
-- client's id stands in it. A table of its own: a conversation changes with each
-- message, and its subject never.
CREATE TABLE thread_words (
  thread_id TEXT     PRIMARY KEY REFERENCES threads (id) ON DELETE CASCADE,
  words     tsvector NOT NULL
);
CREATE INDEX thread_words_words ON thread_words USING gin (words);
CREATE FUNCTION index_subject() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO thread_words (thread_id, words) VALUES (NEW.id, to_tsvector('simple', NEW.subject) || array_to_tsvector(ARRAY['of ' || NEW.client_id])); RETURN NULL; END $f$;
CREATE TRIGGER thread_words_in AFTER INSERT ON threads FOR EACH ROW WHEN (NEW.kind = 'project') EXECUTE FUNCTION index_subject();
INSERT INTO thread_words (thread_id, words) SELECT id, to_tsvector('simple', subject) || array_to_tsvector(ARRAY['of ' || client_id]) FROM threads WHERE kind = 'project';
