-- Notices: what people are told of, once, on the channel they want.

-- Events that people are yet to be told of. A row is written with its event and
-- goes with the notices that come of it, so that none is lost or doubled.
CREATE TABLE notice_queue (
  event_id TEXT PRIMARY KEY REFERENCES events (id)
);

-- One person is told of one event. What it says is read from the event, as the
-- person may see it then; only ids are kept here.
CREATE TABLE notices (
  id         TEXT   PRIMARY KEY,                -- ntc_
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  event_id   TEXT   NOT NULL REFERENCES events (id),
  subject    TEXT   NOT NULL,                   -- the event's
  topic      BIGINT NOT NULL,                   -- one of the topics people choose by
  listed     BIGINT NOT NULL CHECK (listed IN (0, 1)), -- in the portal
  mail       TEXT   NOT NULL CHECK (mail IN ('', 'now', 'digest')),
  mail_id    TEXT   NOT NULL DEFAULT '',        -- the mail that takes it along
  at         BIGINT NOT NULL,                   -- the event's
  read_at    BIGINT,
  UNIQUE (person_id, event_id)
);
CREATE INDEX notices_person ON notices (person_id, id) WHERE listed = 1;
CREATE INDEX notices_unread ON notices (person_id, subject) WHERE read_at IS NULL;
CREATE INDEX notices_waiting ON notices (person_id, mail, mail_id) WHERE mail <> '';

-- How somebody wants to be told; without a row, as is usual.
CREATE TABLE notice_choices (
  person_id   TEXT   PRIMARY KEY REFERENCES persons (id),
  preset      TEXT   NOT NULL CHECK (preset IN ('needs', 'normal', 'everything', 'own')),
  listed      BIGINT NOT NULL,                  -- topics, of preset 'own' like the two below
  mailed      BIGINT NOT NULL,
  digested    BIGINT NOT NULL,
  quiet_from  TEXT   NOT NULL DEFAULT '',       -- HH:MM in the person's zone; '' without quiet hours
  quiet_until TEXT   NOT NULL DEFAULT '',
  digest_on   TEXT   NOT NULL CHECK (digest_on IN ('daily', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun')),
  digest_at   TEXT   NOT NULL,                  -- HH:MM
  digest_due  BIGINT                            -- the next one; NULL while nothing waits for it
);
CREATE INDEX notice_choices_due ON notice_choices (digest_due) WHERE digest_due IS NOT NULL;

-- Projects that somebody wants to hear of only when it needs them.
CREATE TABLE mutes (
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  project_id TEXT   NOT NULL REFERENCES projects (id),
  at         BIGINT NOT NULL,
  PRIMARY KEY (person_id, project_id)
);

CREATE INDEX mails_person ON mails (person_id, kind) WHERE state = 'queued';
