-- Mails of a kind of their own are chosen, too: whoever chose topic by topic goes
-- on getting them.
UPDATE notice_choices SET mailed = mailed | 2016;
-- What colleagues share is told by file.
UPDATE mails SET subject_id = (SELECT v.file_id FROM versions v WHERE v.id = mails.subject_id)
 WHERE kind = 'drafts_shared' AND EXISTS (SELECT 1 FROM versions v WHERE v.id = mails.subject_id);

-- Being named needs somebody until they have looked.
ALTER TABLE notices ADD COLUMN named BIGINT NOT NULL DEFAULT 0 CHECK (named IN (0, 1));
UPDATE notices SET named = 1 WHERE message_id IS NOT NULL AND read_at IS NULL AND listed = 1
   AND EXISTS (SELECT 1 FROM mentions m WHERE m.message_id = notices.message_id AND m.person_id = notices.person_id);
CREATE INDEX notices_named ON notices (person_id, id) WHERE named = 1 AND read_at IS NULL;

-- When the program was last seen at work, and up to when mails wait for somebody's
-- word, after a backup was brought back.
CREATE TABLE uptime (
  id      BIGINT PRIMARY KEY CHECK (id = 1),
  seen_at BIGINT NOT NULL,
  held_at BIGINT
);
