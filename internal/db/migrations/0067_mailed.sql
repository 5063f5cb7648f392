-- To whom what happened is mailed by itself, who are not mailed a notice of it: their
-- ids, with a space between.
ALTER TABLE notice_queue ADD COLUMN mailed TEXT NOT NULL DEFAULT '';
