-- Search in the texts of versions.
CREATE VIRTUAL TABLE version_words USING fts5 (body, content = 'version_texts', content_rowid = 'rowid', tokenize = "unicode61 remove_diacritics 2");
CREATE TRIGGER version_texts_in AFTER INSERT ON version_texts BEGIN INSERT INTO version_words (rowid, body) VALUES (new.rowid, new.body); END;
CREATE TRIGGER version_texts_out AFTER DELETE ON version_texts BEGIN INSERT INTO version_words (version_words, rowid, body) VALUES ('delete', old.rowid, old.body); END;
