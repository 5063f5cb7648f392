-- The indexes of words know who may read, as far as that never changes, so that a
-- client's search goes neither through what the team says to itself nor through
-- what is written in other clients' files: of what the team alone reads the client's
-- id has an n at its end.
DROP TRIGGER message_words_changed;
DROP TRIGGER message_words_out;
DROP TABLE message_words;
CREATE VIEW message_readers AS SELECT rowid AS number, body, client_id || CASE audience WHEN 'team' THEN 'n' ELSE '' END AS client_id, deleted_at FROM messages;
CREATE VIRTUAL TABLE message_words USING fts5 (body, client_id, content = 'message_readers', content_rowid = 'number', tokenize = "unicode61 remove_diacritics 2", prefix = '3');
INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);
INSERT INTO message_words (rowid, body, client_id) SELECT r.number, r.body, r.client_id FROM message_readers r, message_words_done d WHERE r.deleted_at IS NULL AND r.number <= d.number ORDER BY r.number;
CREATE TRIGGER message_words_changed AFTER UPDATE OF body, deleted_at ON messages WHEN old.rowid <= (SELECT d.number FROM message_words_done d) BEGIN INSERT INTO message_words (message_words, rowid, body, client_id) SELECT 'delete', old.rowid, old.body, old.client_id || CASE old.audience WHEN 'team' THEN 'n' ELSE '' END WHERE old.deleted_at IS NULL; INSERT INTO message_words (rowid, body, client_id) SELECT number, body, client_id FROM message_readers WHERE number = new.rowid AND deleted_at IS NULL; END;
CREATE TRIGGER message_words_out AFTER DELETE ON messages WHEN old.rowid <= (SELECT d.number FROM message_words_done d) BEGIN INSERT INTO message_words (message_words, rowid, body, client_id) SELECT 'delete', old.rowid, old.body, old.client_id || CASE old.audience WHEN 'team' THEN 'n' ELSE '' END WHERE old.deleted_at IS NULL; UPDATE message_words_done SET number = MIN(number, COALESCE((SELECT MAX(m.rowid) FROM messages m), 0)); END;
DROP TRIGGER thread_words_in;
DELETE FROM thread_words;
INSERT INTO thread_words (rowid, body, client_id) SELECT rowid, subject, client_id || CASE audience WHEN 'team' THEN 'n' ELSE '' END FROM threads WHERE kind = 'project' ORDER BY rowid;
CREATE TRIGGER thread_words_in AFTER INSERT ON threads WHEN new.kind = 'project' BEGIN INSERT INTO thread_words (rowid, body, client_id) VALUES (new.rowid, new.subject, new.client_id || CASE new.audience WHEN 'team' THEN 'n' ELSE '' END); END;
DROP TRIGGER version_texts_in;
DROP TRIGGER version_texts_out;
DROP TABLE version_words;
ALTER TABLE version_texts ADD COLUMN client_id TEXT NOT NULL DEFAULT '';
UPDATE version_texts SET client_id = (SELECT f.client_id FROM files f WHERE f.id = file_id);
CREATE VIRTUAL TABLE version_words USING fts5 (body, client_id, content = 'version_texts', content_rowid = 'rowid', tokenize = "unicode61 remove_diacritics 2");
INSERT INTO version_words (version_words) VALUES ('rebuild');
CREATE TRIGGER version_texts_in AFTER INSERT ON version_texts BEGIN INSERT INTO version_words (rowid, body, client_id) VALUES (new.rowid, new.body, new.client_id); END;
CREATE TRIGGER version_texts_out AFTER DELETE ON version_texts BEGIN INSERT INTO version_words (version_words, rowid, body, client_id) VALUES ('delete', old.rowid, old.body, old.client_id); END;
