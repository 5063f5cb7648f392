-- Messages whose words go into the index before the commit, all of them at once:
-- as every savepoint writes the index out, several messages of a commit would
-- each write one of their own. What is not in it yet need not be taken out.
CREATE TABLE message_words_due (number INTEGER PRIMARY KEY);
DROP TRIGGER message_words_in;
DROP TRIGGER message_words_changed;
DROP TRIGGER message_words_out;
CREATE TRIGGER message_words_in AFTER INSERT ON messages WHEN new.deleted_at IS NULL BEGIN INSERT INTO message_words_due (number) VALUES (new.rowid); END;
CREATE TRIGGER message_words_changed AFTER UPDATE OF body, deleted_at ON messages WHEN NOT EXISTS (SELECT 1 FROM message_words_due d WHERE d.number = old.rowid) BEGIN INSERT INTO message_words (message_words, rowid, body, client_id) SELECT 'delete', old.rowid, old.body, old.client_id WHERE old.deleted_at IS NULL; INSERT INTO message_words (rowid, body, client_id) SELECT new.rowid, new.body, new.client_id WHERE new.deleted_at IS NULL; END;
CREATE TRIGGER message_words_out AFTER DELETE ON messages WHEN old.deleted_at IS NULL BEGIN INSERT INTO message_words (message_words, rowid, body, client_id) SELECT 'delete', old.rowid, old.body, old.client_id WHERE NOT EXISTS (SELECT 1 FROM message_words_due d WHERE d.number = old.rowid); DELETE FROM message_words_due WHERE number = old.rowid; END;
