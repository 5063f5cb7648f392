-- Search in messages that were not deleted. The client's id stands in the
-- index, so that nobody's search walks through what other clients said.
CREATE VIRTUAL TABLE message_words USING fts5 (body, client_id, content = 'messages', content_rowid = 'rowid', tokenize = "unicode61 remove_diacritics 2", prefix = '3');
CREATE TRIGGER message_words_in AFTER INSERT ON messages WHEN new.deleted_at IS NULL BEGIN INSERT INTO message_words (rowid, body, client_id) VALUES (new.rowid, new.body, new.client_id); END;
CREATE TRIGGER message_words_changed AFTER UPDATE OF body, deleted_at ON messages BEGIN INSERT INTO message_words (message_words, rowid, body, client_id) SELECT 'delete', old.rowid, old.body, old.client_id WHERE old.deleted_at IS NULL; INSERT INTO message_words (rowid, body, client_id) SELECT new.rowid, new.body, new.client_id WHERE new.deleted_at IS NULL; END;
CREATE TRIGGER message_words_out AFTER DELETE ON messages WHEN old.deleted_at IS NULL BEGIN INSERT INTO message_words (message_words, rowid, body, client_id) VALUES ('delete', old.rowid, old.body, old.client_id); END;
