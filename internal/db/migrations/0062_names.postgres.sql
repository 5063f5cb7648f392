-- Search in the names of files: every two letters that follow each other are a word,
-- written in hexadecimal, so that any part of a name is a phrase. As in the index of
-- messages, the client's id stands in it. A table of its own: a file changes with
-- each version, and its name seldom.
CREATE TABLE file_words (
  file_id TEXT     PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
  words   tsvector NOT NULL
);
CREATE INDEX file_words_words ON file_words USING gin (words) WITH (fastupdate = off);
CREATE FUNCTION pairs_of(name text, client text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $f$ SELECT to_tsvector('simple', string_agg('x' || encode(convert_to(substr(name, i, 2), 'UTF8'), 'hex'), ' ' ORDER BY i)) || array_to_tsvector(ARRAY['of ' || client]) FROM generate_series(1, greatest(length(name) - 1, 1)) i $f$;
CREATE FUNCTION index_name() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO file_words (file_id, words) VALUES (NEW.id, pairs_of(NEW.name_key, NEW.client_id)) ON CONFLICT (file_id) DO UPDATE SET words = EXCLUDED.words; RETURN NULL; END $f$;
CREATE TRIGGER file_words_in AFTER INSERT ON files FOR EACH ROW EXECUTE FUNCTION index_name();
CREATE TRIGGER file_words_changed AFTER UPDATE OF name_key ON files FOR EACH ROW WHEN (NEW.name_key <> OLD.name_key) EXECUTE FUNCTION index_name();
INSERT INTO file_words (file_id, words) SELECT id, pairs_of(name_key, client_id) FROM files;
