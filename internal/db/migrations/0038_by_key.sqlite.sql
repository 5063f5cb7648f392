-- Rows that are put in, looked for and taken away by their key alone, once for
-- nearly every write: kept in its order there is one tree to write instead of two.
CREATE TABLE requests_by_key (
  key        TEXT   PRIMARY KEY,
  body_hash  TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  result     TEXT   NOT NULL
) WITHOUT ROWID;
INSERT INTO requests_by_key (key, body_hash, created_at, result) SELECT key, body_hash, created_at, result FROM requests;
DROP TABLE requests;
ALTER TABLE requests_by_key RENAME TO requests;
CREATE INDEX requests_created ON requests (created_at);
CREATE TABLE notice_queue_by_key (
  event_id   TEXT PRIMARY KEY REFERENCES events (id),
  message_id TEXT REFERENCES messages (id)
) WITHOUT ROWID;
INSERT INTO notice_queue_by_key (event_id, message_id) SELECT event_id, message_id FROM notice_queue;
DROP TABLE notice_queue;
ALTER TABLE notice_queue_by_key RENAME TO notice_queue;
CREATE INDEX notice_queue_message ON notice_queue (message_id) WHERE message_id IS NOT NULL;
