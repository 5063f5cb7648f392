-- Files: folders, files and their immutable versions, what is on its way up,
-- what was made to look at them, requests for files, links to share.

-- A folder or file is seen by its client when its audience is 'client'. One
-- inside a folder is never shown further than the folder: whoever conceals a
-- folder conceals what is in it. origin says who brought it: with the audience
-- it makes the three zones, team only, shared and from the client.
CREATE TABLE folders (
  id          TEXT   PRIMARY KEY,
  project_id  TEXT   NOT NULL,
  client_id   TEXT   NOT NULL,
  parent_id   TEXT,                             -- NULL: at the top
  depth       BIGINT NOT NULL DEFAULT 1,        -- 1 at the top, at most 12
  name        TEXT   NOT NULL,
  name_key    TEXT   NOT NULL,                  -- folded: two spellings of one name are the same
  audience    TEXT   NOT NULL DEFAULT 'team' CHECK (audience IN ('team', 'client')),
  origin      TEXT   NOT NULL DEFAULT 'team' CHECK (origin IN ('team', 'client')),
  shown_at    BIGINT,
  shown_by    TEXT   REFERENCES persons (id),
  created_at  BIGINT NOT NULL,
  created_by  TEXT   NOT NULL REFERENCES persons (id),
  trashed_at  BIGINT,
  trashed_by  TEXT   REFERENCES persons (id),
  trash_id    TEXT,                             -- what was deleted with it: the id of the folder or file that somebody deleted
  revision    BIGINT NOT NULL DEFAULT 1,
  UNIQUE (id, project_id),
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id),
  FOREIGN KEY (parent_id, project_id) REFERENCES folders (id, project_id)
);
-- Names are unique among what the same people see, so that a name that is
-- taken out of the client's sight is not told to them.
CREATE UNIQUE INDEX folders_name ON folders (project_id, COALESCE(parent_id, ''), audience, name_key) WHERE trashed_at IS NULL;
CREATE INDEX folders_parent ON folders (parent_id);
CREATE INDEX folders_trashed ON folders (project_id, trashed_at, id) WHERE trashed_at IS NOT NULL;
CREATE INDEX folders_trash ON folders (trash_id) WHERE trash_id IS NOT NULL;

CREATE TABLE files (
  id          TEXT   PRIMARY KEY,
  project_id  TEXT   NOT NULL,
  client_id   TEXT   NOT NULL,
  folder_id   TEXT,                             -- NULL: at the top
  name        TEXT   NOT NULL,
  name_key    TEXT   NOT NULL,
  audience    TEXT   NOT NULL DEFAULT 'team' CHECK (audience IN ('team', 'client')),
  origin      TEXT   NOT NULL DEFAULT 'team' CHECK (origin IN ('team', 'client')),
  shown_at    BIGINT,
  shown_by    TEXT   REFERENCES persons (id),
  created_at  BIGINT NOT NULL,
  created_by  TEXT   NOT NULL REFERENCES persons (id),
  latest_id   TEXT,                             -- the newest version: what the team sees
  shown_id    TEXT,                             -- the newest version that the client sees
  -- Of latest and shown, for lists in an order: time and size.
  latest_at   BIGINT NOT NULL,
  latest_size BIGINT NOT NULL,
  shown_version_at BIGINT,
  shown_size  BIGINT,
  pinned_at   BIGINT,                           -- a "start here" file
  pinned_by   TEXT   REFERENCES persons (id),
  trashed_at  BIGINT,
  trashed_by  TEXT   REFERENCES persons (id),
  trash_id    TEXT,
  revision    BIGINT NOT NULL DEFAULT 1,
  UNIQUE (id, project_id),
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id),
  FOREIGN KEY (folder_id, project_id) REFERENCES folders (id, project_id)
);
CREATE UNIQUE INDEX files_name ON files (project_id, COALESCE(folder_id, ''), audience, name_key) WHERE trashed_at IS NULL;
CREATE INDEX files_folder_name ON files (project_id, COALESCE(folder_id, ''), name_key, id) WHERE trashed_at IS NULL;
CREATE INDEX files_folder_at ON files (project_id, COALESCE(folder_id, ''), latest_at, id) WHERE trashed_at IS NULL;
CREATE INDEX files_folder_size ON files (project_id, COALESCE(folder_id, ''), latest_size, id) WHERE trashed_at IS NULL;
CREATE INDEX files_shown_name ON files (project_id, COALESCE(folder_id, ''), name_key, id) WHERE trashed_at IS NULL AND audience = 'client';
CREATE INDEX files_shown_at ON files (project_id, COALESCE(folder_id, ''), shown_version_at, id) WHERE trashed_at IS NULL AND audience = 'client';
CREATE INDEX files_shown_size ON files (project_id, COALESCE(folder_id, ''), shown_size, id) WHERE trashed_at IS NULL AND audience = 'client';
CREATE INDEX files_project_at ON files (project_id, latest_at, id) WHERE trashed_at IS NULL;
CREATE INDEX files_client_at ON files (client_id, latest_at, id) WHERE trashed_at IS NULL;
CREATE INDEX files_at ON files (latest_at, id) WHERE trashed_at IS NULL;
CREATE INDEX files_pinned ON files (project_id, pinned_at) WHERE pinned_at IS NOT NULL;
CREATE INDEX files_folder ON files (folder_id);
CREATE INDEX files_trash ON files (project_id, trashed_at, id) WHERE trashed_at IS NOT NULL;
CREATE INDEX files_trash_id ON files (trash_id) WHERE trash_id IS NOT NULL;

-- A version never changes, but for who may see it and what was found out about
-- it. shown_number counts what the client sees, so that their numbers say
-- nothing of what they do not.
CREATE TABLE versions (
  id           TEXT   PRIMARY KEY,
  file_id      TEXT   NOT NULL,
  project_id   TEXT   NOT NULL,
  client_id    TEXT   NOT NULL,
  number       BIGINT NOT NULL,                 -- from 1, of all
  shown_number BIGINT,                          -- from 1, of those shown
  audience     TEXT   NOT NULL CHECK (audience IN ('team', 'client')),
  shown_at     BIGINT,
  shown_by     TEXT   REFERENCES persons (id),
  blob         TEXT   NOT NULL,                 -- a blob.Key
  size         BIGINT NOT NULL,
  sha256       TEXT   NOT NULL,
  kind         TEXT   NOT NULL,                 -- image, pdf, video, audio, text, markdown, code, csv, office, archive, svg, other
  type         TEXT   NOT NULL,                 -- for delivery: one of a fixed list, found by looking
  claimed_type TEXT   NOT NULL DEFAULT '',
  note         TEXT   NOT NULL DEFAULT '',      -- what changed
  restored_from TEXT,                           -- the version that this one brings back
  created_at   BIGINT NOT NULL,
  created_by   TEXT   NOT NULL REFERENCES persons (id),
  scan         TEXT   NOT NULL DEFAULT 'off' CHECK (scan IN ('off', 'waiting', 'clean', 'infected', 'unscanned')),
  scan_found   TEXT   NOT NULL DEFAULT '',      -- the name of what was found
  preview      TEXT   NOT NULL DEFAULT 'waiting' CHECK (preview IN ('waiting', 'ready', 'none')),
  width        BIGINT NOT NULL DEFAULT 0,       -- pixels, as it is shown
  height       BIGINT NOT NULL DEFAULT 0,
  pages        BIGINT NOT NULL DEFAULT 0,
  duration_ms  BIGINT NOT NULL DEFAULT 0,
  UNIQUE (file_id, number),
  UNIQUE (id, file_id),
  FOREIGN KEY (file_id, project_id) REFERENCES files (id, project_id),
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id)
);
CREATE INDEX versions_blob ON versions (blob);
CREATE INDEX versions_preview ON versions (id) WHERE preview = 'waiting';

CREATE TABLE previews (                         -- what was made to look at a version; re-encoded
  version_id  TEXT   NOT NULL REFERENCES versions (id),
  kind        TEXT   NOT NULL CHECK (kind IN ('thumb', 'large', 'poster', 'page', 'pdf', 'wave')),
  page        BIGINT NOT NULL DEFAULT 0,
  blob        TEXT   NOT NULL,
  size        BIGINT NOT NULL,
  sha256      TEXT   NOT NULL,
  type        TEXT   NOT NULL,
  width       BIGINT NOT NULL DEFAULT 0,
  height      BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (version_id, kind, page)
);
CREATE INDEX previews_blob ON previews (blob);

CREATE TABLE version_texts (                    -- what is written in a version, for search
  version_id TEXT PRIMARY KEY REFERENCES versions (id),
  file_id    TEXT NOT NULL REFERENCES files (id),
  body       TEXT NOT NULL
);
CREATE INDEX version_texts_file ON version_texts (file_id);

-- What is on its way up. Its bytes count for the client's room from the start.
CREATE TABLE uploads (
  id           TEXT   PRIMARY KEY,
  owner        TEXT   NOT NULL REFERENCES persons (id),
  project_id   TEXT   NOT NULL,
  client_id    TEXT   NOT NULL,
  folder_id    TEXT,
  file_id      TEXT,                            -- becomes a version of it; NULL becomes a file
  request_id   TEXT,                            -- answers a file request
  name         TEXT   NOT NULL,
  path         TEXT   NOT NULL DEFAULT '',      -- folders below folder_id that are made when it arrives, with slashes
  audience     TEXT   NOT NULL CHECK (audience IN ('team', 'client')),
  size         BIGINT NOT NULL,
  claimed_type TEXT   NOT NULL DEFAULT '',
  claimed_sha256 TEXT NOT NULL DEFAULT '',
  note         TEXT   NOT NULL DEFAULT '',
  blob         TEXT   NOT NULL,
  received     BIGINT NOT NULL DEFAULT 0,       -- bytes that are safe
  state        TEXT   NOT NULL DEFAULT '',      -- the store's, base64
  created_at   BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL,
  version_id   TEXT,                            -- what it became
  finished_at  BIGINT,
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id)
);
CREATE INDEX uploads_owner ON uploads (owner, id);
CREATE INDEX uploads_expires ON uploads (expires_at) WHERE finished_at IS NULL;
CREATE INDEX uploads_blob ON uploads (blob);
CREATE INDEX uploads_project ON uploads (project_id);

-- How much room a client's files take: versions, and uploads under way.
CREATE TABLE client_room (
  client_id TEXT   PRIMARY KEY REFERENCES clients (id),
  used      BIGINT NOT NULL DEFAULT 0,          -- bytes
  reserved  BIGINT NOT NULL DEFAULT 0
);
ALTER TABLE workspace ADD COLUMN file_limit BIGINT NOT NULL DEFAULT 5368709120;      -- bytes of one file
ALTER TABLE workspace ADD COLUMN client_limit BIGINT NOT NULL DEFAULT 107374182400;  -- bytes of one client's files
ALTER TABLE workspace ADD COLUMN share_links BIGINT NOT NULL DEFAULT 0;              -- 1 allows them
UPDATE workspace SET sections = sections | 32;  -- Files: could not be chosen before

CREATE TABLE downloads (                        -- who took what; for the team
  id         TEXT   PRIMARY KEY,
  version_id TEXT   NOT NULL REFERENCES versions (id),
  file_id    TEXT   NOT NULL,
  project_id TEXT   NOT NULL,
  actor      TEXT   NOT NULL,                   -- a person or a share link
  how        TEXT   NOT NULL CHECK (how IN ('file', 'zip', 'link', 'view')),
  at         BIGINT NOT NULL
);
CREATE INDEX downloads_file ON downloads (file_id, id);
CREATE INDEX downloads_project ON downloads (project_id, id);

CREATE TABLE attachments (                      -- files in a deliverable or an update
  item_id    TEXT   NOT NULL,
  file_id    TEXT   NOT NULL,
  project_id TEXT   NOT NULL,
  position   BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT   NOT NULL REFERENCES persons (id),
  PRIMARY KEY (item_id, file_id),
  FOREIGN KEY (file_id, project_id) REFERENCES files (id, project_id)
);
CREATE INDEX attachments_file ON attachments (file_id);

CREATE TABLE file_requests (                    -- what the team needs from the client
  id          TEXT   PRIMARY KEY,
  project_id  TEXT   NOT NULL,
  client_id   TEXT   NOT NULL,
  title       TEXT   NOT NULL,
  title_key   TEXT   NOT NULL,
  body        TEXT   NOT NULL DEFAULT '',
  example_id  TEXT,                             -- a file that shows what is meant
  folder_id   TEXT,                             -- where what comes in is put
  assignee_id TEXT   REFERENCES persons (id),   -- one of the client's people; NULL: whoever may upload
  due_on      TEXT,
  state       TEXT   NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'accepted', 'refused', 'withdrawn')),
  state_at    BIGINT NOT NULL,
  state_by    TEXT   NOT NULL REFERENCES persons (id),
  reason      TEXT   NOT NULL DEFAULT '',       -- of a refusal
  remind      BIGINT NOT NULL DEFAULT 1,        -- mails before it is due, on the day and after
  reminded_at BIGINT,
  remind_at   BIGINT,                           -- the next one
  created_at  BIGINT NOT NULL,
  created_by  TEXT   NOT NULL REFERENCES persons (id),
  revision    BIGINT NOT NULL DEFAULT 1,
  UNIQUE (id, project_id),
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id),
  FOREIGN KEY (example_id, project_id) REFERENCES files (id, project_id)
);
CREATE INDEX file_requests_project ON file_requests (project_id, id);
CREATE INDEX file_requests_remind ON file_requests (remind_at) WHERE remind_at IS NOT NULL;

CREATE TABLE file_request_files (               -- what came in answer
  request_id TEXT   NOT NULL,
  file_id    TEXT   NOT NULL,
  project_id TEXT   NOT NULL,
  version_id TEXT   NOT NULL REFERENCES versions (id),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (request_id, file_id),
  FOREIGN KEY (request_id, project_id) REFERENCES file_requests (id, project_id),
  FOREIGN KEY (file_id, project_id) REFERENCES files (id, project_id)
);
CREATE INDEX file_request_files_file ON file_request_files (file_id);

-- A link that lets whoever has it take one file. It is an actor with a grant of
-- its own: that file, in what its maker could share.
CREATE TABLE share_links (
  id            TEXT   PRIMARY KEY,             -- lnk_
  file_id       TEXT   NOT NULL,
  project_id    TEXT   NOT NULL,
  version_id    TEXT,                           -- this version alone; NULL: the newest that the client sees
  token_hash    TEXT   NOT NULL UNIQUE,
  password_hash TEXT   NOT NULL DEFAULT '',
  expires_at    BIGINT NOT NULL,
  max_downloads BIGINT NOT NULL DEFAULT 0,      -- 0: any number
  downloads     BIGINT NOT NULL DEFAULT 0,
  failures      BIGINT NOT NULL DEFAULT 0,      -- wrong passwords since the last right one
  failed_at     BIGINT NOT NULL DEFAULT 0,
  opened_at     BIGINT,                         -- of the last use that was recorded, one a day
  created_at    BIGINT NOT NULL,
  created_by    TEXT   NOT NULL REFERENCES persons (id),
  revoked_at    BIGINT,
  revoked_by    TEXT   REFERENCES persons (id),
  FOREIGN KEY (file_id, project_id) REFERENCES files (id, project_id)
);
CREATE INDEX share_links_file ON share_links (file_id, id);
CREATE INDEX share_links_project ON share_links (project_id, id);
CREATE INDEX share_links_maker ON share_links (created_by);

-- What is asked for counts as waiting, too.
DROP VIEW due_tallies;
CREATE VIEW due_tallies AS
SELECT m.project_id, 'milestone' AS kind, m.audience, m.turn, 6 AS section, COUNT(*) AS total,
       SUM(CASE WHEN m.reached_at IS NULL THEN 0 ELSE 1 END) AS done,
       MIN(CASE WHEN m.reached_at IS NULL AND (m.turn = 'client' OR m.turn_since > m.created_at) THEN m.turn_since END) AS since
  FROM milestones m GROUP BY m.project_id, m.audience, m.turn
UNION ALL
SELECT t.project_id, 'task', t.audience, t.turn, 16, COUNT(*),
       SUM(CASE WHEN t.completed_at IS NULL THEN 0 ELSE 1 END),
       MIN(CASE WHEN t.completed_at IS NULL AND (t.turn = 'client' OR t.turn_since > t.created_at) THEN t.turn_since END)
  FROM tasks t GROUP BY t.project_id, t.audience, t.turn
UNION ALL
SELECT d.project_id, 'deliverable', d.audience, d.turn, 8, COUNT(*),
       SUM(CASE WHEN d.state IN ('approved', 'signed_off') THEN 1 ELSE 0 END),
       MIN(CASE WHEN d.state NOT IN ('approved', 'signed_off') AND (d.turn = 'client' OR d.turn_since > d.created_at) THEN d.turn_since END)
  FROM deliverables d GROUP BY d.project_id, d.audience, d.turn
UNION ALL
SELECT q.project_id, 'file_request', 'client', CASE WHEN q.state IN ('open', 'refused') THEN 'client' ELSE 'team' END, 32, COUNT(*),
       SUM(CASE WHEN q.state IN ('accepted', 'withdrawn') THEN 1 ELSE 0 END),
       MIN(CASE WHEN q.state NOT IN ('accepted', 'withdrawn') THEN q.state_at END)
  FROM file_requests q GROUP BY q.project_id, CASE WHEN q.state IN ('open', 'refused') THEN 'client' ELSE 'team' END;
