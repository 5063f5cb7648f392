-- What became of the mail about a message is looked up for each who reads it.
DROP INDEX notices_message;
CREATE INDEX notices_message ON notices (message_id, person_id) WHERE message_id IS NOT NULL;
