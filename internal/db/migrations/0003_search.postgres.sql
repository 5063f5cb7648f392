-- Search in the texts of versions.
ALTER TABLE version_texts ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple', body)) STORED;
CREATE INDEX version_texts_words ON version_texts USING gin (words);
