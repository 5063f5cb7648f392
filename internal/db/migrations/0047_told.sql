-- What somebody was told of is looked through in one order, whether something
-- happened or was said: what they see of it is looked up by its id.
DROP INDEX notices_happened;
DROP INDEX notices_happened_unread;
DROP INDEX notices_said;
DROP INDEX notices_said_unread;
DROP INDEX notices_message;
DROP INDEX notices_waiting;
CREATE INDEX notices_listed ON notices (person_id, id) WHERE listed = 1;
CREATE INDEX notices_listed_unread ON notices (person_id, id) WHERE listed = 1 AND read_at IS NULL;
CREATE INDEX notices_waiting ON notices (person_id, mail, mail_id, id) WHERE mail <> '';
CREATE INDEX notices_message ON notices (message_id, person_id) WHERE message_id IS NOT NULL;
