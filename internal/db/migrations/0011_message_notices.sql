-- What was said is told of too: the message is what may be seen of it.
ALTER TABLE notice_queue ADD COLUMN message_id TEXT REFERENCES messages (id);
ALTER TABLE notices ADD COLUMN message_id TEXT REFERENCES messages (id);
