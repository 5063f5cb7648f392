-- Search in the names of files: every two letters that follow each other are a word,
-- written in hexadecimal, so that any part of a name is a phrase. As in the index of
-- messages, the client's id stands in it.
CREATE VIRTUAL TABLE file_words USING fts5 (pairs, client_id, content = '', contentless_delete = 1);
CREATE TRIGGER file_words_in AFTER INSERT ON files BEGIN INSERT INTO file_words (rowid, pairs, client_id) SELECT new.rowid, group_concat('x' || hex(substr(new.name_key, j.key + 1, 2)), ' '), new.client_id FROM json_each('[0' || replace(hex(zeroblob(max(length(new.name_key) - 2, 0))), '00', ',0') || ']') j; END;
CREATE TRIGGER file_words_changed AFTER UPDATE OF name_key ON files WHEN new.name_key <> old.name_key BEGIN DELETE FROM file_words WHERE rowid = old.rowid; INSERT INTO file_words (rowid, pairs, client_id) SELECT new.rowid, group_concat('x' || hex(substr(new.name_key, j.key + 1, 2)), ' '), new.client_id FROM json_each('[0' || replace(hex(zeroblob(max(length(new.name_key) - 2, 0))), '00', ',0') || ']') j; END;
CREATE TRIGGER file_words_out AFTER DELETE ON files BEGIN DELETE FROM file_words WHERE rowid = old.rowid; END;
INSERT INTO file_words (rowid, pairs, client_id) SELECT f.rowid, (SELECT group_concat('x' || hex(substr(f.name_key, j.key + 1, 2)), ' ') FROM json_each('[0' || replace(hex(zeroblob(max(length(f.name_key) - 2, 0))), '00', ',0') || ']') j), f.client_id FROM files f ORDER BY f.rowid;
