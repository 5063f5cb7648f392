-- A request for the final acceptance of a deliverable, a milestone or a project.
CREATE TABLE signoffs (
  id          TEXT   PRIMARY KEY,               -- sgn_
  project_id  TEXT   NOT NULL,
  client_id   TEXT   NOT NULL,
  subject_id  TEXT   NOT NULL,                  -- dlv_, mst_, or the project's own
  title       TEXT   NOT NULL,                  -- of the subject, as it was asked
  statement   TEXT   NOT NULL,
  points      TEXT   NOT NULL DEFAULT '',       -- open ones that the team names, a line for each
  due_on      TEXT,
  state       TEXT   NOT NULL CHECK (state IN ('asked', 'signed', 'declined', 'withdrawn')),
  state_at    BIGINT NOT NULL,
  state_by    TEXT   NOT NULL REFERENCES persons (id),
  viewed_at   BIGINT,                           -- first, by somebody who can sign
  viewed_by   TEXT   REFERENCES persons (id),
  note        TEXT   NOT NULL DEFAULT '',       -- why it was declined
  content     TEXT   NOT NULL DEFAULT '',       -- the hash of all that was signed
  name        TEXT   NOT NULL DEFAULT '',       -- as the signer typed it; and what was known of them:
  email       TEXT   NOT NULL DEFAULT '',
  role        TEXT   NOT NULL DEFAULT '',
  company     TEXT   NOT NULL DEFAULT '',
  verified_at BIGINT,                           -- since when the address was theirs
  zone        TEXT   NOT NULL DEFAULT '',
  proof       TEXT   NOT NULL DEFAULT '' CHECK (proof IN ('', 'password', 'code')),
  address     TEXT   NOT NULL DEFAULT '',
  agent       TEXT   NOT NULL DEFAULT '',
  created_at  BIGINT NOT NULL,
  created_by  TEXT   NOT NULL REFERENCES persons (id),
  revision    BIGINT NOT NULL DEFAULT 1,
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id)
);
CREATE INDEX signoffs_project ON signoffs (project_id, id);
CREATE INDEX signoffs_client ON signoffs (client_id, id);
CREATE INDEX signoffs_subject ON signoffs (subject_id, id);
CREATE INDEX signoffs_state ON signoffs (state, id);
CREATE UNIQUE INDEX signoffs_open ON signoffs (subject_id) WHERE state IN ('asked', 'signed');

-- What was signed, as it was then. Rows are added and never changed.
CREATE TABLE signoff_lines (
  signoff_id  TEXT   NOT NULL REFERENCES signoffs (id),
  position    BIGINT NOT NULL,
  kind        TEXT   NOT NULL CHECK (kind IN ('deliverable', 'version', 'open')),
  why         TEXT   NOT NULL DEFAULT '',       -- of what is open: what it is
  item_id     TEXT   NOT NULL DEFAULT '',
  title       TEXT   NOT NULL,
  version_id  TEXT   REFERENCES versions (id),
  number      BIGINT NOT NULL DEFAULT 0,
  sha256      TEXT   NOT NULL DEFAULT '',
  size        BIGINT NOT NULL DEFAULT 0,
  approval_id TEXT   REFERENCES approvals (id),
  at          BIGINT,                           -- when it was approved
  by_name     TEXT   NOT NULL DEFAULT '',
  PRIMARY KEY (signoff_id, position)
);
CREATE INDEX signoff_lines_version ON signoff_lines (version_id) WHERE version_id IS NOT NULL;
CREATE INDEX signoff_lines_approval ON signoff_lines (approval_id) WHERE approval_id IS NOT NULL;

-- A paper that proves a sign-off, or a finished approval. What it says is kept when
-- it is asked for; the paper is made of it afterwards.
CREATE TABLE certificates (
  id         TEXT   PRIMARY KEY,                -- crt_
  subject_id TEXT   NOT NULL UNIQUE,            -- sgn_ or apr_
  project_id TEXT   NOT NULL,
  client_id  TEXT   NOT NULL,
  token_hash TEXT   NOT NULL UNIQUE,            -- of the code in its address
  content    TEXT   NOT NULL,                   -- what it says, as JSON
  created_at BIGINT NOT NULL,
  created_by TEXT   NOT NULL REFERENCES persons (id),
  made_at    BIGINT,
  blob       TEXT   NOT NULL DEFAULT '',
  sha256     TEXT   NOT NULL DEFAULT '',
  size       BIGINT NOT NULL DEFAULT 0,
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id)
);
CREATE INDEX certificates_sha256 ON certificates (sha256) WHERE sha256 <> '';
CREATE INDEX certificates_blob ON certificates (blob) WHERE blob <> '';
CREATE INDEX certificates_waiting ON certificates (created_at) WHERE made_at IS NULL;
CREATE INDEX certificates_project ON certificates (project_id, id);

-- The rows that an event speaks of, as they were once it had happened: a hash for
-- each kind of field. It is part of what the chain binds.
ALTER TABLE events ADD COLUMN seal TEXT NOT NULL DEFAULT '';

-- How far the chains were at the end of a day, of those that had moved, and the
-- hash of all of it and of the day before, which the owners are mailed.
CREATE TABLE daily_heads (
  day    TEXT   PRIMARY KEY,
  digest TEXT   NOT NULL,
  chains BIGINT NOT NULL,
  events BIGINT NOT NULL,
  at     BIGINT NOT NULL
);
CREATE TABLE chain_heads (
  day   TEXT   NOT NULL REFERENCES daily_heads (day),
  chain TEXT   NOT NULL,
  seq   BIGINT NOT NULL,
  head  TEXT   NOT NULL,
  PRIMARY KEY (day, chain)
);
CREATE INDEX chain_heads_chain ON chain_heads (chain, seq);
