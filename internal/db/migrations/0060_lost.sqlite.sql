-- Whether a mail did not arrive as nobody is at its address: 1 until one does, or its
-- reader wants it tried again.
ALTER TABLE mails ADD COLUMN lost BIGINT NOT NULL DEFAULT 0;
CREATE INDEX mails_lost ON mails (person_id) WHERE lost = 1;
