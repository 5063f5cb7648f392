-- The transaction that wrote this row, on PostgreSQL: a dump that is loaded brings the
-- number along and not the transaction.
CREATE TABLE footprint (
  id   BIGINT PRIMARY KEY CHECK (id = 1),
  mark TEXT NOT NULL
);

-- What was said and what happened, of all that somebody was told of: each is read by
-- itself, and may be little beside much of the other.
DROP INDEX notices_person;
CREATE INDEX notices_said ON notices (person_id, id) WHERE listed = 1 AND message_id IS NOT NULL;
CREATE INDEX notices_happened ON notices (person_id, id) WHERE listed = 1 AND message_id IS NULL;
CREATE INDEX notices_said_unread ON notices (person_id, id) WHERE listed = 1 AND read_at IS NULL AND message_id IS NOT NULL;
CREATE INDEX notices_happened_unread ON notices (person_id, id) WHERE listed = 1 AND read_at IS NULL AND message_id IS NULL;
