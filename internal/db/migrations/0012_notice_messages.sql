-- What is told of a message goes with it.
CREATE INDEX notices_message ON notices (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX notice_queue_message ON notice_queue (message_id) WHERE message_id IS NOT NULL;
