-- Talking: conversations and comments are threads of messages.

-- A thread is a conversation of a project, the general one of a client, a
-- direct one between people, or comments on an item. What the client may see
-- of it is its audience, and that of each message: an internal note inside a
-- client's conversation is a message for the team, for ever.
CREATE TABLE threads (
  id          TEXT   PRIMARY KEY,               -- thr_
  kind        TEXT   NOT NULL CHECK (kind IN ('project', 'general', 'direct', 'item')),
  key         TEXT   UNIQUE,                    -- of general and direct ones, of which there is one: the client's id, and that of each who is in it
  client_id   TEXT   REFERENCES clients (id),   -- NULL: a direct one inside the team
  project_id  TEXT,                             -- of project and item threads
  item_id     TEXT,                             -- what is commented on: tsk_, dlv_, mst_, upd_, fil_
  version_id  TEXT   REFERENCES versions (id),  -- of a file: the version that was looked at
  subject     TEXT   NOT NULL DEFAULT '',
  audience    TEXT   NOT NULL CHECK (audience IN ('team', 'client')),  -- never changes
  created_at  BIGINT NOT NULL,
  created_by  TEXT   NOT NULL REFERENCES persons (id),
  seq         BIGINT NOT NULL DEFAULT 0,        -- of the newest message, and how many there are; never told to clients
  last_at     BIGINT NOT NULL,                  -- when that was written
  shown_seq   BIGINT NOT NULL DEFAULT 0,        -- the newest that the client sees
  shown_count BIGINT NOT NULL DEFAULT 0,        -- how many the client sees
  shown_at    BIGINT,                           -- when the newest of them was written; NULL: the client sees nothing of the thread
  turn        TEXT   NOT NULL DEFAULT 'none' CHECK (turn IN ('team', 'client', 'none')),
  turn_since  BIGINT NOT NULL,
  asked_id    TEXT,                             -- the message that asks the client, while it is their turn
  resolved_at BIGINT,
  resolved_by TEXT   REFERENCES persons (id),
  revision    BIGINT NOT NULL DEFAULT 1,
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id)
);
CREATE INDEX threads_last ON threads (last_at, id) WHERE kind <> 'item';
CREATE INDEX threads_project ON threads (project_id, kind) WHERE kind <> 'item';
CREATE INDEX threads_client ON threads (client_id) WHERE kind <> 'item';
CREATE INDEX threads_item ON threads (item_id, id) WHERE item_id IS NOT NULL;
CREATE INDEX threads_version ON threads (version_id) WHERE version_id IS NOT NULL;
CREATE INDEX threads_turn ON threads (client_id, turn) WHERE turn <> 'none';

CREATE TABLE thread_people (                    -- of direct threads
  thread_id  TEXT   NOT NULL REFERENCES threads (id),
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  added_at   BIGINT NOT NULL,
  PRIMARY KEY (thread_id, person_id)
);
CREATE INDEX thread_people_person ON thread_people (person_id, thread_id);

CREATE TABLE messages (
  id           TEXT   PRIMARY KEY,              -- msg_
  thread_id    TEXT   NOT NULL REFERENCES threads (id),
  client_id    TEXT   NOT NULL DEFAULT '',      -- of the thread, for search
  seq          BIGINT NOT NULL,                 -- the order in the thread
  shown_number BIGINT,                          -- and among those that the client sees
  audience     TEXT   NOT NULL CHECK (audience IN ('team', 'client')),  -- never changes
  author_id    TEXT   NOT NULL REFERENCES persons (id),
  side         TEXT   NOT NULL CHECK (side IN ('team', 'client')),      -- the author's, when it was said
  body         TEXT   NOT NULL,                 -- Markdown
  quote_id     TEXT   REFERENCES messages (id),
  created_at   BIGINT NOT NULL,
  changed_at   BIGINT NOT NULL,                 -- when it was written, edited or deleted
  edited_at    BIGINT,
  deleted_at   BIGINT,                          -- a tombstone stays; the text is for those who administer
  deleted_by   TEXT   REFERENCES persons (id),
  erased_at    BIGINT,                          -- the text is gone for good
  revision     BIGINT NOT NULL DEFAULT 1,
  UNIQUE (thread_id, seq),
  UNIQUE (thread_id, shown_number)
);
CREATE INDEX messages_author ON messages (author_id, id);
CREATE INDEX messages_changed ON messages (changed_at);
CREATE INDEX messages_quote ON messages (quote_id) WHERE quote_id IS NOT NULL;

CREATE TABLE message_texts (                    -- earlier texts of edited messages, for those who administer
  message_id TEXT   NOT NULL REFERENCES messages (id),
  revision   BIGINT NOT NULL,
  body       TEXT   NOT NULL,
  until      BIGINT NOT NULL,
  PRIMARY KEY (message_id, revision)
);

CREATE TABLE message_files (
  message_id TEXT   NOT NULL REFERENCES messages (id),
  file_id    TEXT   NOT NULL REFERENCES files (id),
  version_id TEXT   NOT NULL REFERENCES versions (id),
  position   BIGINT NOT NULL,
  PRIMARY KEY (message_id, file_id)
);
CREATE INDEX message_files_file ON message_files (file_id);
CREATE INDEX message_files_version ON message_files (version_id);

CREATE TABLE mentions (
  message_id TEXT   NOT NULL REFERENCES messages (id),
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  name       TEXT   NOT NULL,                   -- as it stands in the text, after the @
  PRIMARY KEY (message_id, person_id)
);
CREATE INDEX mentions_person ON mentions (person_id, message_id);

-- How far somebody has read: a row each time they get further. Somebody saw a
-- message at the first of their marks that is not before it.
CREATE TABLE reading_marks (
  thread_id  TEXT   NOT NULL REFERENCES threads (id),
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  seq        BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  PRIMARY KEY (thread_id, person_id, seq)
);

CREATE TABLE drafts (                           -- what somebody was about to say, and where
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  place      TEXT   NOT NULL,                   -- a thread's, project's, client's, item's or message's id, and " note" for an internal one
  subject    TEXT   NOT NULL DEFAULT '',
  body       TEXT   NOT NULL,
  saved_at   BIGINT NOT NULL,
  PRIMARY KEY (person_id, place)
);

ALTER TABLE workspace ADD COLUMN receipts TEXT NOT NULL DEFAULT 'on' CHECK (receipts IN ('on', 'off', 'team'));
UPDATE workspace SET sections = sections | 64;  -- Messages: could not be chosen before

-- 0: it stands in the audit log alone, so that activity need not read past it.
ALTER TABLE events ADD COLUMN told BIGINT NOT NULL DEFAULT 1;
CREATE INDEX events_client_told ON events (client_id, id) WHERE told = 1;
CREATE INDEX events_newest ON events (at) WHERE project_id IS NOT NULL;
