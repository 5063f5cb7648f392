-- Search in messages that were not deleted. The client's id stands in the
-- index, so that nobody's search walks through what other clients said.
ALTER TABLE messages ADD COLUMN words tsvector GENERATED ALWAYS AS
  (CASE WHEN deleted_at IS NULL THEN to_tsvector('simple', body) || array_to_tsvector(ARRAY['of ' || client_id]) END) STORED;
CREATE INDEX messages_words ON messages USING gin (words);
