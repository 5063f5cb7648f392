-- The project that somebody chose for the attachments of a mail that belongs to none.
ALTER TABLE incoming_mails ADD COLUMN project_id TEXT NOT NULL DEFAULT '';
