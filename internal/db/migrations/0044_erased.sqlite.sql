-- The words of what was edited, deleted or erased leave the index at once, not when
-- its parts are merged one day.
INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);
