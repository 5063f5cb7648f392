-- The newest of what somebody was told of one thing are the first of this index.
DROP INDEX notices_unread;
CREATE INDEX notices_unread ON notices (person_id, subject, id) WHERE read_at IS NULL;
