-- Search in the subjects of conversations. As in the index of messages, the
-- client's id stands in it.
CREATE VIRTUAL TABLE thread_words USING fts5 (body, client_id, tokenize = "unicode61 remove_diacritics 2", prefix = '3');
INSERT INTO thread_words (rowid, body, client_id) SELECT rowid, subject, client_id FROM threads WHERE kind = 'project' ORDER BY rowid;
CREATE TRIGGER thread_words_in AFTER INSERT ON threads WHEN new.kind = 'project' BEGIN INSERT INTO thread_words (rowid, body, client_id) VALUES (new.rowid, new.subject, new.client_id); END;
CREATE TRIGGER thread_words_out AFTER DELETE ON threads WHEN old.kind = 'project' BEGIN DELETE FROM thread_words WHERE rowid = old.rowid; END;
