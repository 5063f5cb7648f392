-- Search in the names of files: every two letters that follow each other are a word,
-- written in hexadecimal, so that any part of a name is a phrase. As in the index of
-- messages, the client's id stands in it.
CREATE VIEW file_pairs AS SELECT f.rowid AS place, (SELECT group_concat('x' || hex(substr(f.name_key, j.key + 1, 2)), ' ') FROM json_each('[0' || replace(hex(zeroblob(max(length(f.name_key) - 2, 0))), '00', ',0') || ']') j) AS pairs, f.client_id FROM files f;
CREATE VIRTUAL TABLE file_words USING fts5 (pairs, client_id, content = '', contentless_delete = 1);
CREATE TRIGGER file_words_in AFTER INSERT ON files BEGIN INSERT INTO file_words (rowid, pairs, client_id) SELECT place, pairs, client_id FROM file_pairs WHERE place = new.rowid; END;
CREATE TRIGGER file_words_changed AFTER UPDATE OF name_key ON files WHEN new.name_key <> old.name_key BEGIN DELETE FROM file_words WHERE rowid = old.rowid; INSERT INTO file_words (rowid, pairs, client_id) SELECT place, pairs, client_id FROM file_pairs WHERE place = new.rowid; END;
CREATE TRIGGER file_words_out AFTER DELETE ON files BEGIN DELETE FROM file_words WHERE rowid = old.rowid; END;
INSERT INTO file_words (rowid, pairs, client_id) SELECT place, pairs, client_id FROM file_pairs ORDER BY place;
