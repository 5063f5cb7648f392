-- A request to decide on exact versions, or on the content of a deliverable.
CREATE TABLE approvals (
  id             TEXT   PRIMARY KEY,            -- apr_
  project_id     TEXT   NOT NULL,
  client_id      TEXT   NOT NULL,
  deliverable_id TEXT,                          -- whose content it is about; NULL: files alone
  title          TEXT   NOT NULL,
  title_key      TEXT   NOT NULL,
  body           TEXT   NOT NULL DEFAULT '',
  checklist      TEXT   NOT NULL DEFAULT '',    -- a line for each point
  download       BIGINT NOT NULL DEFAULT 1,     -- whoever decides may have the files before
  due_on         TEXT,
  due_key        TEXT   NOT NULL,               -- the same to order by: without a day last
  expires_on     TEXT,                          -- nobody can answer after that day
  state          TEXT   NOT NULL CHECK (state IN ('draft', 'requested', 'viewed', 'approved', 'approved_with_notes', 'changes_requested', 'declined', 'cancelled', 'superseded', 'expired')),
  state_at       BIGINT NOT NULL,
  state_by       TEXT   REFERENCES persons (id), -- NULL: the program
  stage          BIGINT NOT NULL DEFAULT 0,     -- that it is in; 0 before it is sent
  asking         BIGINT NOT NULL DEFAULT 0,     -- 1 while the people of the stage can answer
  turn           TEXT   NOT NULL DEFAULT '' CHECK (turn IN ('', 'team', 'client')),
  turn_since     BIGINT NOT NULL,
  lane           TEXT   NOT NULL CHECK (lane IN ('draft', 'client', 'team', 'approved', 'over')), -- where the board has it
  shown_at       BIGINT,                        -- since when a stage of the client's is reached
  content        TEXT   NOT NULL DEFAULT '',    -- the hash of all that is decided on
  round          BIGINT NOT NULL DEFAULT 1,
  previous_id    TEXT   REFERENCES approvals (id), -- that it asks again
  remind         BIGINT NOT NULL DEFAULT 1,     -- mails before it is due, on the day and after
  remind_at      BIGINT,                        -- the next one
  reminded_at    BIGINT,
  created_at     BIGINT NOT NULL,
  created_by     TEXT   NOT NULL REFERENCES persons (id),
  revision       BIGINT NOT NULL DEFAULT 1,
  UNIQUE (id, project_id),
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id),
  FOREIGN KEY (deliverable_id, project_id) REFERENCES deliverables (id, project_id)
);
CREATE INDEX approvals_project ON approvals (project_id, id);
CREATE INDEX approvals_deliverable ON approvals (deliverable_id) WHERE deliverable_id IS NOT NULL;
CREATE INDEX approvals_previous ON approvals (previous_id) WHERE previous_id IS NOT NULL;
CREATE INDEX approvals_lane_due ON approvals (lane, due_key, id);
CREATE INDEX approvals_lane_at ON approvals (lane, state_at, id);
CREATE INDEX approvals_remind ON approvals (remind_at) WHERE remind_at IS NOT NULL;
CREATE INDEX approvals_expires ON approvals (expires_on) WHERE asking = 1 AND expires_on IS NOT NULL;

-- What is decided on, as it was when it was asked.
CREATE TABLE approval_subjects (
  approval_id TEXT   NOT NULL,
  position    BIGINT NOT NULL,
  project_id  TEXT   NOT NULL,
  file_id     TEXT   NOT NULL,
  version_id  TEXT   NOT NULL REFERENCES versions (id),
  sha256      TEXT   NOT NULL,
  result      TEXT   NOT NULL DEFAULT '' CHECK (result IN ('', 'approved', 'changes')), -- once it was decided
  PRIMARY KEY (approval_id, position),
  UNIQUE (approval_id, file_id),
  FOREIGN KEY (approval_id, project_id) REFERENCES approvals (id, project_id),
  FOREIGN KEY (file_id, project_id) REFERENCES files (id, project_id)
);
CREATE INDEX approval_subjects_file ON approval_subjects (file_id);
CREATE INDEX approval_subjects_version ON approval_subjects (version_id);

CREATE TABLE approval_stages (                  -- those of the team come before those of the client
  approval_id TEXT   NOT NULL REFERENCES approvals (id),
  number      BIGINT NOT NULL,                  -- from 1
  side        TEXT   NOT NULL CHECK (side IN ('team', 'client')),
  rule        TEXT   NOT NULL CHECK (rule IN ('anyone', 'everyone', 'majority', 'decider')),
  opened_at   BIGINT,
  closed_at   BIGINT,
  PRIMARY KEY (approval_id, number)
);

CREATE TABLE approval_people (                  -- who is asked, and what they answered last
  approval_id TEXT   NOT NULL,
  stage       BIGINT NOT NULL,
  person_id   TEXT   NOT NULL REFERENCES persons (id),
  role        TEXT   NOT NULL CHECK (role IN ('decider', 'adviser')),
  viewed_at   BIGINT,
  answer      TEXT   NOT NULL DEFAULT '' CHECK (answer IN ('', 'approved', 'approved_with_notes', 'changes_requested', 'declined')),
  answered_at BIGINT,
  decision_id TEXT,
  PRIMARY KEY (approval_id, stage, person_id),
  FOREIGN KEY (approval_id, stage) REFERENCES approval_stages (approval_id, number)
);
CREATE INDEX approval_people_person ON approval_people (person_id, approval_id);

-- Every answer that was ever given, and every one that was taken back. Rows are
-- added and never changed.
CREATE TABLE approval_decisions (
  id          TEXT   PRIMARY KEY,               -- dec_
  approval_id TEXT   NOT NULL REFERENCES approvals (id),
  stage       BIGINT NOT NULL,
  person_id   TEXT   NOT NULL REFERENCES persons (id),
  role        TEXT   NOT NULL CHECK (role IN ('decider', 'adviser')),
  answer      TEXT   NOT NULL CHECK (answer IN ('approved', 'approved_with_notes', 'changes_requested', 'declined', 'undone')),
  undoes      TEXT   UNIQUE REFERENCES approval_decisions (id),
  note        TEXT   NOT NULL DEFAULT '',
  content     TEXT   NOT NULL,                  -- the hash of what was looked at
  at          BIGINT NOT NULL,
  address     TEXT   NOT NULL DEFAULT '',
  agent       TEXT   NOT NULL DEFAULT '',
  proof       TEXT   NOT NULL DEFAULT 'session' CHECK (proof IN ('session', 'token', 'mail', 'code'))
);
CREATE INDEX approval_decisions_approval ON approval_decisions (approval_id, at, id);

CREATE TABLE approval_verdicts (                -- an answer to each of several files
  decision_id TEXT   NOT NULL REFERENCES approval_decisions (id),
  position    BIGINT NOT NULL,
  version_id  TEXT   NOT NULL REFERENCES versions (id),
  sha256      TEXT   NOT NULL,
  verdict     TEXT   NOT NULL CHECK (verdict IN ('approved', 'changes', 'declined')),
  note        TEXT   NOT NULL DEFAULT '',
  PRIMARY KEY (decision_id, position)
);

UPDATE workspace SET sections = sections | 128;  -- Approvals: could not be chosen before
UPDATE project_grants SET sections = (SELECT s.sections FROM due_sections s WHERE s.project_id = project_grants.project_id) WHERE side = 'client';

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
  FROM file_requests q GROUP BY q.project_id, CASE WHEN q.state IN ('open', 'refused') THEN 'client' ELSE 'team' END
UNION ALL
SELECT a.project_id, 'approval', CASE WHEN a.shown_at IS NULL THEN 'team' ELSE 'client' END, a.turn, 128, COUNT(*),
       SUM(CASE WHEN a.lane IN ('approved', 'over') THEN 1 ELSE 0 END),
       MIN(CASE WHEN a.lane NOT IN ('approved', 'over') THEN a.turn_since END)
  FROM approvals a WHERE a.deliverable_id IS NULL AND a.turn <> '' GROUP BY a.project_id, CASE WHEN a.shown_at IS NULL THEN 'team' ELSE 'client' END, a.turn;
