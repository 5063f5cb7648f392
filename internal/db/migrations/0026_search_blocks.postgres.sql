-- The index of words knows when something was said: each message is numbered, and
-- stands in blocks of 2,048 numbers, and of eight and more times as many. So a
-- search can go back from the newest, block by block. It knows the author too.
DROP INDEX messages_words;
ALTER TABLE messages DROP COLUMN words;
ALTER TABLE messages ADD COLUMN number BIGINT;
UPDATE messages SET number = x.n FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS n FROM messages) x WHERE x.id = messages.id;
ALTER TABLE messages ALTER COLUMN number SET NOT NULL, ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY;
SELECT setval(pg_get_serial_sequence('messages', 'number'), (SELECT COUNT(*) + 1 FROM messages), false);
ALTER TABLE messages ADD COLUMN words tsvector GENERATED ALWAYS AS
  (CASE WHEN deleted_at IS NULL THEN to_tsvector('simple', body) || array_to_tsvector(ARRAY[
    'of ' || client_id, 'by ' || author_id, '11 ' || (number >> 11), '14 ' || (number >> 14), '17 ' || (number >> 17), '20 ' || (number >> 20)]) END) STORED;
CREATE INDEX messages_words ON messages USING gin (words);
