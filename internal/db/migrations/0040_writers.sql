-- Who wrote a mail, when the mail server vouches for them: who is told that it is
-- held, and once it was let in.
ALTER TABLE incoming_mails ADD COLUMN writer_id TEXT REFERENCES persons (id);
CREATE INDEX incoming_mails_writer ON incoming_mails (writer_id, state, id);
