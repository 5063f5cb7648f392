-- The mails that somebody ended by a link in one, whatever else they chose: topics,
-- and the digest. Beside what they chose, so that it comes back as it was.
ALTER TABLE notice_choices ADD COLUMN ended BIGINT NOT NULL DEFAULT 0;
