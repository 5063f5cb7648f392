-- What the client asks to be changed in one round.
CREATE TABLE revision_requests (
  id             TEXT   PRIMARY KEY,            -- rev_
  project_id     TEXT   NOT NULL,
  client_id      TEXT   NOT NULL,
  approval_id    TEXT   REFERENCES approvals (id), -- in which it was asked for; else of a version:
  file_id        TEXT,
  version_id     TEXT   REFERENCES versions (id),
  title          TEXT   NOT NULL,               -- of what it is about, as it was asked
  round          BIGINT NOT NULL,
  rounds         BIGINT NOT NULL DEFAULT 0,     -- included; 0 says nothing
  open           BIGINT NOT NULL,               -- of its items: those that are with the team,
  unclear        BIGINT NOT NULL DEFAULT 0,     -- about which the team has a question,
  offered        BIGINT NOT NULL DEFAULT 0,     -- and whose price waits to be accepted
  turn           TEXT   NOT NULL CHECK (turn IN ('', 'team', 'client')),
  turn_since     BIGINT NOT NULL,
  turn_by        TEXT   NOT NULL REFERENCES persons (id),
  withdrawn_at   BIGINT,                        -- the answer that it comes of was taken back
  created_at     BIGINT NOT NULL,
  created_by     TEXT   NOT NULL REFERENCES persons (id),
  UNIQUE (id, project_id),
  CHECK ((approval_id IS NULL) = (version_id IS NOT NULL)),
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id),
  FOREIGN KEY (file_id, project_id) REFERENCES files (id, project_id)
);
CREATE INDEX revision_requests_project ON revision_requests (project_id, id);
CREATE INDEX revision_requests_approval ON revision_requests (approval_id) WHERE approval_id IS NOT NULL;
CREATE INDEX revision_requests_file ON revision_requests (file_id) WHERE file_id IS NOT NULL;
CREATE INDEX revision_requests_waiting ON revision_requests (project_id) WHERE turn = 'client';
CREATE INDEX revision_requests_open ON revision_requests (project_id) WHERE open > 0;

CREATE TABLE revision_items (
  id           TEXT   PRIMARY KEY,              -- rvi_
  request_id   TEXT   NOT NULL,
  project_id   TEXT   NOT NULL,
  number       BIGINT NOT NULL,                 -- from 1
  body         TEXT   NOT NULL,
  file_id      TEXT,                            -- what it is about, where it is one file
  version_id   TEXT   REFERENCES versions (id),
  thread_id    TEXT   REFERENCES threads (id),  -- the comment that it was made of
  state        TEXT   NOT NULL CHECK (state IN ('open', 'done', 'refused', 'unclear')),
  state_at     BIGINT NOT NULL,
  state_by     TEXT   NOT NULL REFERENCES persons (id),
  reason       TEXT   NOT NULL DEFAULT '',      -- why it is refused, or the team's question
  clarified    TEXT   NOT NULL DEFAULT '',      -- the client's answer to that
  done_id      TEXT   REFERENCES versions (id), -- the version that answers it
  out_of_scope BIGINT NOT NULL DEFAULT 0,
  price        BIGINT NOT NULL DEFAULT 0,       -- of the change, in the smallest unit of the currency
  currency     TEXT   NOT NULL DEFAULT '',
  offer        TEXT   NOT NULL DEFAULT '' CHECK (offer IN ('', 'offered', 'accepted', 'declined')),
  offer_at     BIGINT,
  offer_by     TEXT   REFERENCES persons (id),
  revision     BIGINT NOT NULL DEFAULT 1,
  UNIQUE (request_id, number),
  FOREIGN KEY (request_id, project_id) REFERENCES revision_requests (id, project_id),
  FOREIGN KEY (file_id, project_id) REFERENCES files (id, project_id)
);
CREATE INDEX revision_items_thread ON revision_items (thread_id) WHERE thread_id IS NOT NULL;
CREATE INDEX revision_items_file ON revision_items (file_id) WHERE file_id IS NOT NULL;
CREATE INDEX revision_items_priced ON revision_items (project_id, offer_at) WHERE offer_at IS NOT NULL;

-- What is asked for counts as waiting, too; what came of an approval, and is with
-- the team, is counted there.
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
  FROM approvals a WHERE a.deliverable_id IS NULL AND a.turn <> '' GROUP BY a.project_id, CASE WHEN a.shown_at IS NULL THEN 'team' ELSE 'client' END, a.turn
UNION ALL
SELECT r.project_id, 'revision', 'client', r.turn, 128, COUNT(*), 0, MIN(r.turn_since)
  FROM revision_requests r WHERE r.turn = 'client' OR (r.turn = 'team' AND r.approval_id IS NULL) GROUP BY r.project_id, r.turn;
