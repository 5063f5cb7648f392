-- Web push: notices on the devices of those who asked for it.

-- A browser that takes pushes, for as long as the session that asked for it has
-- not been ended. Where it is and how it is written to came from the browser.
CREATE TABLE push_devices (
  id         TEXT   PRIMARY KEY,               -- dev_
  session_id TEXT   NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  endpoint   TEXT   NOT NULL UNIQUE,           -- at the browser's push service
  public_key TEXT   NOT NULL,                  -- the browser's, base64url
  auth       TEXT   NOT NULL,                  -- 16 bytes that it shares with us, base64url
  created_at BIGINT NOT NULL,
  told_id    TEXT   NOT NULL,                  -- the notice up to which it was told
  due_at     BIGINT,                           -- of the next push; NULL while nothing waits
  tries      BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX push_devices_person ON push_devices (person_id, id);
CREATE INDEX push_devices_session ON push_devices (session_id);
CREATE INDEX push_devices_due ON push_devices (due_at) WHERE due_at IS NOT NULL;

ALTER TABLE notices ADD COLUMN push BIGINT NOT NULL DEFAULT 0 CHECK (push IN (0, 1));
CREATE INDEX notices_push ON notices (person_id, id) WHERE push = 1;
ALTER TABLE notice_choices ADD COLUMN pushed BIGINT NOT NULL DEFAULT 0; -- topics, of preset 'own'
