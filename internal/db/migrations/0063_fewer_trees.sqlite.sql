-- What nearly every write goes into, kept in fewer trees. What is yet to be put into the
-- index of words is all that came after a message, which needs no row of its own: the
-- numbers of messages only grow, but for the last ones when they are taken away. And the
-- queue finds a message by its event, and yesterday's requests are found key by key.
CREATE TABLE message_words_done (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL);
INSERT INTO message_words_done (id, number) SELECT 1, COALESCE((SELECT MAX(m.rowid) FROM messages m), 0);
DROP TRIGGER message_words_in;
DROP TRIGGER message_words_changed;
DROP TRIGGER message_words_out;
DROP TABLE message_words_due;
CREATE TRIGGER message_words_changed AFTER UPDATE OF body, deleted_at ON messages WHEN old.rowid <= (SELECT d.number FROM message_words_done d) BEGIN INSERT INTO message_words (message_words, rowid, body, client_id) SELECT 'delete', old.rowid, old.body, old.client_id WHERE old.deleted_at IS NULL; INSERT INTO message_words (rowid, body, client_id) SELECT new.rowid, new.body, new.client_id WHERE new.deleted_at IS NULL; END;
CREATE TRIGGER message_words_out AFTER DELETE ON messages WHEN old.rowid <= (SELECT d.number FROM message_words_done d) BEGIN INSERT INTO message_words (message_words, rowid, body, client_id) SELECT 'delete', old.rowid, old.body, old.client_id WHERE old.deleted_at IS NULL; UPDATE message_words_done SET number = MIN(number, COALESCE((SELECT MAX(m.rowid) FROM messages m), 0)); END;
CREATE TABLE notice_queue_alone (
  event_id   TEXT PRIMARY KEY REFERENCES events (id),
  message_id TEXT
) WITHOUT ROWID;
INSERT INTO notice_queue_alone (event_id, message_id) SELECT event_id, message_id FROM notice_queue;
DROP TABLE notice_queue;
ALTER TABLE notice_queue_alone RENAME TO notice_queue;
DROP INDEX requests_created;
