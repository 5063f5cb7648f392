-- What the migrations make, as SQLite shows it. Written by: go test ./internal/db -run TestSchema -update

CREATE TABLE api_tokens (
  id          TEXT   PRIMARY KEY,
  person_id   TEXT   NOT NULL REFERENCES persons (id),
  name        TEXT   NOT NULL,
  token_hash  TEXT   NOT NULL UNIQUE,
  scopes      TEXT   NOT NULL,
  created_at  BIGINT NOT NULL,
  expires_at  BIGINT,
  used_at     BIGINT,
  revoked_at  BIGINT
);

CREATE INDEX api_tokens_person ON api_tokens (person_id, id);

CREATE TRIGGER approval_call_changes_fixed BEFORE UPDATE ON approval_call_changes BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: approval_call_changes'); END;

CREATE TRIGGER approval_call_changes_kept BEFORE DELETE ON approval_call_changes BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: approval_call_changes'); END;

CREATE TABLE approval_call_changes (
  call_id  TEXT   NOT NULL REFERENCES approval_calls (id),
  position BIGINT NOT NULL,
  note     TEXT   NOT NULL DEFAULT '',
  PRIMARY KEY (call_id, position)
);

CREATE TRIGGER approval_calls_fixed BEFORE UPDATE OF id, approval_id, stage, person_id, answer, note, content, said_at, noted_at, noted_by ON approval_calls BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: approval_calls'); END;

CREATE TRIGGER approval_calls_kept BEFORE DELETE ON approval_calls BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: approval_calls'); END;

CREATE TABLE approval_calls (
  id          TEXT   PRIMARY KEY,
  approval_id TEXT   NOT NULL,
  stage       BIGINT NOT NULL,
  person_id   TEXT   NOT NULL,
  answer      TEXT   NOT NULL CHECK (answer IN ('approved', 'approved_with_notes', 'changes_requested', 'declined')),
  note        TEXT   NOT NULL DEFAULT '',
  content     TEXT   NOT NULL,
  said_at     BIGINT NOT NULL,
  noted_at    BIGINT NOT NULL,
  noted_by    TEXT   NOT NULL REFERENCES persons (id),
  state       TEXT   NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'confirmed', 'denied', 'withdrawn', 'void')),
  ended_at    BIGINT,
  ended_by    TEXT   REFERENCES persons (id),
  reply       TEXT   NOT NULL DEFAULT '',
  FOREIGN KEY (approval_id, stage, person_id) REFERENCES approval_people (approval_id, stage, person_id)
);

CREATE INDEX approval_calls_approval ON approval_calls (approval_id, id);

CREATE UNIQUE INDEX approval_calls_open ON approval_calls (person_id, approval_id, stage) WHERE state = 'open';

CREATE TRIGGER approval_decisions_fixed BEFORE UPDATE ON approval_decisions BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: approval_decisions'); END;

CREATE TRIGGER approval_decisions_kept BEFORE DELETE ON approval_decisions BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: approval_decisions'); END;

CREATE TABLE approval_decisions (
  id          TEXT   PRIMARY KEY,
  approval_id TEXT   NOT NULL REFERENCES approvals (id),
  stage       BIGINT NOT NULL,
  person_id   TEXT   NOT NULL REFERENCES persons (id),
  role        TEXT   NOT NULL CHECK (role IN ('decider', 'adviser')),
  answer      TEXT   NOT NULL CHECK (answer IN ('approved', 'approved_with_notes', 'changes_requested', 'declined', 'undone')),
  undoes      TEXT   UNIQUE REFERENCES approval_decisions (id),
  note        TEXT   NOT NULL DEFAULT '',
  content     TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  address     TEXT   NOT NULL DEFAULT '',
  agent       TEXT   NOT NULL DEFAULT '',
  proof       TEXT   NOT NULL DEFAULT 'session' CHECK (proof IN ('session', 'token', 'mail', 'code'))
, for_id TEXT REFERENCES persons (id), repeats_id TEXT REFERENCES approval_decisions (id), call_id TEXT REFERENCES approval_calls (id), name TEXT NOT NULL DEFAULT '', email TEXT NOT NULL DEFAULT '', title TEXT NOT NULL DEFAULT '', company TEXT NOT NULL DEFAULT '', verified_at BIGINT, zone TEXT NOT NULL DEFAULT '', for_called TEXT NOT NULL DEFAULT '');

CREATE INDEX approval_decisions_approval ON approval_decisions (approval_id, at, id);

CREATE TABLE approval_links (
  mail_id     TEXT   PRIMARY KEY,
  token_hash  TEXT   NOT NULL UNIQUE,
  approval_id TEXT   NOT NULL REFERENCES approvals (id),
  stage       BIGINT NOT NULL,
  person_id   TEXT   NOT NULL REFERENCES persons (id),
  email_key   TEXT   NOT NULL,
  created_at  BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL
);

CREATE INDEX approval_links_expires ON approval_links (expires_at);

CREATE INDEX approval_links_person ON approval_links (person_id);

CREATE TABLE approval_people (
  approval_id TEXT   NOT NULL,
  stage       BIGINT NOT NULL,
  person_id   TEXT   NOT NULL REFERENCES persons (id),
  role        TEXT   NOT NULL CHECK (role IN ('decider', 'adviser')),
  viewed_at   BIGINT,
  answer      TEXT   NOT NULL DEFAULT '' CHECK (answer IN ('', 'approved', 'approved_with_notes', 'changes_requested', 'declined')),
  answered_at BIGINT,
  decision_id TEXT, for_id TEXT REFERENCES persons (id), given_to TEXT REFERENCES persons (id), by_role BIGINT NOT NULL DEFAULT 0, gone_at BIGINT, viewed_name TEXT NOT NULL DEFAULT '', given_as TEXT NOT NULL DEFAULT '' CHECK (given_as IN ('', 'away', 'back')),
  PRIMARY KEY (approval_id, stage, person_id),
  FOREIGN KEY (approval_id, stage) REFERENCES approval_stages (approval_id, number)
);

CREATE INDEX approval_people_away ON approval_people (approval_id) WHERE given_as = 'away';

CREATE INDEX approval_people_person ON approval_people (person_id, approval_id);

CREATE INDEX approval_people_waiting ON approval_people (person_id) WHERE role = 'decider' AND decision_id IS NULL;

CREATE TABLE approval_stages (
  approval_id TEXT   NOT NULL REFERENCES approvals (id),
  number      BIGINT NOT NULL,
  side        TEXT   NOT NULL CHECK (side IN ('team', 'client')),
  rule        TEXT   NOT NULL CHECK (rule IN ('anyone', 'everyone', 'majority', 'decider')),
  opened_at   BIGINT,
  closed_at   BIGINT, asked_role TEXT NOT NULL DEFAULT '' CHECK (asked_role IN ('', 'leads', 'approvers')),
  PRIMARY KEY (approval_id, number)
);

CREATE TABLE approval_subjects (
  approval_id TEXT   NOT NULL,
  position    BIGINT NOT NULL,
  project_id  TEXT   NOT NULL,
  file_id     TEXT   NOT NULL,
  version_id  TEXT   NOT NULL REFERENCES versions (id),
  sha256      TEXT   NOT NULL,
  result      TEXT   NOT NULL DEFAULT '' CHECK (result IN ('', 'approved', 'changes')),
  PRIMARY KEY (approval_id, position),
  UNIQUE (approval_id, file_id),
  FOREIGN KEY (approval_id, project_id) REFERENCES approvals (id, project_id),
  FOREIGN KEY (file_id, project_id) REFERENCES files (id, project_id)
);

CREATE INDEX approval_subjects_file ON approval_subjects (file_id);

CREATE INDEX approval_subjects_version ON approval_subjects (version_id);

CREATE TRIGGER approval_verdicts_fixed BEFORE UPDATE ON approval_verdicts BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: approval_verdicts'); END;

CREATE TRIGGER approval_verdicts_kept BEFORE DELETE ON approval_verdicts BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: approval_verdicts'); END;

CREATE TABLE approval_verdicts (
  decision_id TEXT   NOT NULL REFERENCES approval_decisions (id),
  position    BIGINT NOT NULL,
  version_id  TEXT   NOT NULL REFERENCES versions (id),
  sha256      TEXT   NOT NULL,
  verdict     TEXT   NOT NULL CHECK (verdict IN ('approved', 'changes', 'declined')),
  note        TEXT   NOT NULL DEFAULT '',
  PRIMARY KEY (decision_id, position)
);

CREATE TABLE approvals (
  id             TEXT   PRIMARY KEY,
  project_id     TEXT   NOT NULL,
  client_id      TEXT   NOT NULL,
  deliverable_id TEXT,
  title          TEXT   NOT NULL,
  title_key      TEXT   NOT NULL,
  body           TEXT   NOT NULL DEFAULT '',
  checklist      TEXT   NOT NULL DEFAULT '',
  download       BIGINT NOT NULL DEFAULT 1,
  due_on         TEXT,
  due_key        TEXT   NOT NULL,
  expires_on     TEXT,
  state          TEXT   NOT NULL CHECK (state IN ('draft', 'requested', 'viewed', 'approved', 'approved_with_notes', 'changes_requested', 'declined', 'cancelled', 'superseded', 'expired')),
  state_at       BIGINT NOT NULL,
  state_by       TEXT   REFERENCES persons (id),
  stage          BIGINT NOT NULL DEFAULT 0,
  asking         BIGINT NOT NULL DEFAULT 0,
  turn           TEXT   NOT NULL DEFAULT '' CHECK (turn IN ('', 'team', 'client')),
  turn_since     BIGINT NOT NULL,
  lane           TEXT   NOT NULL CHECK (lane IN ('draft', 'client', 'team', 'approved', 'over')),
  shown_at       BIGINT,
  content        TEXT   NOT NULL DEFAULT '',
  round          BIGINT NOT NULL DEFAULT 1,
  previous_id    TEXT   REFERENCES approvals (id),
  remind         BIGINT NOT NULL DEFAULT 1,
  remind_at      BIGINT,
  reminded_at    BIGINT,
  created_at     BIGINT NOT NULL,
  created_by     TEXT   NOT NULL REFERENCES persons (id),
  revision       BIGINT NOT NULL DEFAULT 1, escalate_at BIGINT, escalated_at BIGINT, stranded_at BIGINT, about TEXT, due_in BIGINT NOT NULL DEFAULT 0,
  UNIQUE (id, project_id),
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id),
  FOREIGN KEY (deliverable_id, project_id) REFERENCES deliverables (id, project_id)
);

CREATE INDEX approvals_asking ON approvals (id) WHERE asking = 1;

CREATE INDEX approvals_client_due ON approvals (client_id, due_key, id) WHERE turn <> '';

CREATE INDEX approvals_client_rest ON approvals (client_id, id) WHERE turn = '';

CREATE INDEX approvals_deliverable ON approvals (deliverable_id) WHERE deliverable_id IS NOT NULL;

CREATE INDEX approvals_escalate ON approvals (escalate_at) WHERE escalate_at IS NOT NULL;

CREATE INDEX approvals_expires ON approvals (expires_on) WHERE state IN ('requested', 'viewed') AND expires_on IS NOT NULL;

CREATE INDEX approvals_lane_at ON approvals (lane, state_at, id);

CREATE INDEX approvals_lane_due ON approvals (lane, due_key, id);

CREATE INDEX approvals_previous ON approvals (previous_id) WHERE previous_id IS NOT NULL;

CREATE INDEX approvals_project ON approvals (project_id, id);

CREATE INDEX approvals_remind ON approvals (remind_at) WHERE remind_at IS NOT NULL;

CREATE INDEX approvals_waiting ON approvals (project_id) WHERE deliverable_id IS NULL AND turn <> '';

CREATE TABLE attachments (
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

CREATE TABLE attempts (
  key       TEXT   PRIMARY KEY,
  count     BIGINT NOT NULL,
  first_at  BIGINT NOT NULL,
  last_at   BIGINT NOT NULL,
  free_at   BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX attempts_last ON attempts (last_at);

CREATE TABLE calendar_feeds (
  id          TEXT   PRIMARY KEY,
  person_id   TEXT   NOT NULL REFERENCES persons (id),
  token_hash  TEXT   NOT NULL UNIQUE,
  project_id  TEXT   REFERENCES projects (id),
  created_at  BIGINT NOT NULL,
  revoked_at  BIGINT
);

CREATE INDEX calendar_feeds_person ON calendar_feeds (person_id, id);

CREATE TRIGGER certificates_fixed BEFORE UPDATE OF id, subject_id, project_id, client_id, token_hash, content, created_at, created_by ON certificates BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: certificates'); END;

CREATE TRIGGER certificates_kept BEFORE DELETE ON certificates BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: certificates'); END;

CREATE TRIGGER certificates_made BEFORE UPDATE ON certificates WHEN OLD.made_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: certificates'); END;

CREATE TABLE certificates (
  id         TEXT   PRIMARY KEY,
  subject_id TEXT   NOT NULL UNIQUE,
  project_id TEXT   NOT NULL,
  client_id  TEXT   NOT NULL,
  token_hash TEXT   NOT NULL UNIQUE,
  content    TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT   NOT NULL REFERENCES persons (id),
  made_at    BIGINT,
  blob       TEXT   NOT NULL DEFAULT '',
  sha256     TEXT   NOT NULL DEFAULT '',
  size       BIGINT NOT NULL DEFAULT 0,
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id)
);

CREATE INDEX certificates_blob ON certificates (blob) WHERE blob <> '';

CREATE INDEX certificates_project ON certificates (project_id, id);

CREATE INDEX certificates_sha256 ON certificates (sha256) WHERE sha256 <> '';

CREATE INDEX certificates_waiting ON certificates (created_at) WHERE made_at IS NULL;

CREATE TRIGGER chain_heads_fixed BEFORE UPDATE ON chain_heads BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: chain_heads'); END;

CREATE TRIGGER chain_heads_kept BEFORE DELETE ON chain_heads BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: chain_heads'); END;

CREATE TABLE chain_heads (
  day   TEXT   NOT NULL REFERENCES daily_heads (day),
  chain TEXT   NOT NULL,
  seq   BIGINT NOT NULL,
  head  TEXT   NOT NULL,
  PRIMARY KEY (day, chain)
);

CREATE INDEX chain_heads_chain ON chain_heads (chain, seq);

CREATE TABLE client_grants (
  actor      TEXT   NOT NULL,
  client_id  TEXT   NOT NULL REFERENCES clients (id),
  side       TEXT   NOT NULL,
  rights     BIGINT NOT NULL,
  PRIMARY KEY (actor, client_id)
);

CREATE INDEX client_grants_client ON client_grants (client_id);

CREATE TABLE client_room (
  client_id TEXT   PRIMARY KEY REFERENCES clients (id),
  used      BIGINT NOT NULL DEFAULT 0,
  reserved  BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE client_team (
  client_id  TEXT   NOT NULL REFERENCES clients (id),
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  added_at   BIGINT NOT NULL,
  PRIMARY KEY (client_id, person_id)
);

CREATE INDEX client_team_person ON client_team (person_id);

CREATE TABLE client_user_projects (
  client_user_id TEXT   NOT NULL REFERENCES client_users (id),
  project_id     TEXT   NOT NULL,
  client_id      TEXT   NOT NULL,
  rights         BIGINT,
  PRIMARY KEY (client_user_id, project_id),
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id)
);

CREATE INDEX client_user_projects_project ON client_user_projects (project_id);

CREATE TABLE client_users (
  id            TEXT   PRIMARY KEY,
  client_id     TEXT   NOT NULL REFERENCES clients (id),
  person_id     TEXT   NOT NULL REFERENCES persons (id),
  label         TEXT   NOT NULL DEFAULT '',
  typed_email   TEXT   NOT NULL DEFAULT '',
  title         TEXT   NOT NULL DEFAULT '',
  rights        BIGINT NOT NULL,
  all_projects  BIGINT NOT NULL DEFAULT 1,
  created_at    BIGINT NOT NULL,
  created_by    TEXT   NOT NULL REFERENCES persons (id),
  accepted_at   BIGINT,
  suspended_at  BIGINT,
  removed_at    BIGINT,
  UNIQUE (client_id, person_id)
);

CREATE INDEX client_users_person ON client_users (person_id);

CREATE TABLE clients (
  id              TEXT   PRIMARY KEY,
  name            TEXT   NOT NULL,
  name_key        TEXT   NOT NULL UNIQUE,
  created_at      BIGINT NOT NULL,
  created_by      TEXT   NOT NULL REFERENCES persons (id),
  archived_at     BIGINT,
  portal_since    BIGINT,
  portal_changed_at BIGINT,
  portal_changed_by TEXT REFERENCES persons (id),
  invitation_days BIGINT NOT NULL DEFAULT 7,
  allowed_domains TEXT   NOT NULL DEFAULT '',
  preset          TEXT   NOT NULL DEFAULT 'viewer',
  sections_set    BIGINT NOT NULL DEFAULT 0,
  sections        BIGINT NOT NULL DEFAULT 0,
  contact_id      TEXT   REFERENCES persons (id),
  welcome         TEXT   NOT NULL DEFAULT '',
  revision        BIGINT NOT NULL DEFAULT 1
, time_zone TEXT NOT NULL DEFAULT '', working_days BIGINT CHECK (working_days BETWEEN 1 AND 127), holidays TEXT);

CREATE INDEX clients_contact ON clients (contact_id) WHERE contact_id IS NOT NULL;

CREATE TRIGGER daily_heads_fixed BEFORE UPDATE ON daily_heads BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: daily_heads'); END;

CREATE TRIGGER daily_heads_kept BEFORE DELETE ON daily_heads BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: daily_heads'); END;

CREATE TABLE daily_heads (
  day    TEXT   PRIMARY KEY,
  digest TEXT   NOT NULL,
  chains BIGINT NOT NULL,
  events BIGINT NOT NULL,
  at     BIGINT NOT NULL
, signature TEXT NOT NULL DEFAULT '');

CREATE TABLE deliverable_links (
  id             TEXT   PRIMARY KEY,
  deliverable_id TEXT   NOT NULL REFERENCES deliverables (id),
  title          TEXT   NOT NULL,
  url            TEXT   NOT NULL,
  position       BIGINT NOT NULL,
  created_at     BIGINT NOT NULL,
  created_by     TEXT   NOT NULL REFERENCES persons (id)
);

CREATE INDEX deliverable_links_deliverable ON deliverable_links (deliverable_id, position, id);

CREATE TABLE deliverables (
  id           TEXT   PRIMARY KEY,
  project_id   TEXT   NOT NULL REFERENCES projects (id),
  milestone_id TEXT,
  title        TEXT   NOT NULL,
  title_key    TEXT   NOT NULL DEFAULT '',
  body         TEXT   NOT NULL DEFAULT '',
  owner_id     TEXT   REFERENCES persons (id),
  due_on       TEXT,
  state        TEXT   NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'shared', 'in_review', 'changes_requested', 'approved', 'signed_off')),
  state_at     BIGINT NOT NULL,
  state_by     TEXT   NOT NULL REFERENCES persons (id),
  round        BIGINT NOT NULL DEFAULT 0,
  rounds       BIGINT NOT NULL DEFAULT 2,
  turn         TEXT   NOT NULL DEFAULT 'team' CHECK (turn IN ('team', 'client')),
  turn_since   BIGINT NOT NULL,
  position     BIGINT NOT NULL,
  audience     TEXT   NOT NULL DEFAULT 'team' CHECK (audience IN ('team', 'client')),
  shown_at     BIGINT,
  shown_by     TEXT   REFERENCES persons (id),
  created_at   BIGINT NOT NULL,
  created_by   TEXT   NOT NULL REFERENCES persons (id),
  revision     BIGINT NOT NULL DEFAULT 1,
  UNIQUE (id, project_id),
  FOREIGN KEY (milestone_id, project_id) REFERENCES milestones (id, project_id)
);

CREATE INDEX deliverables_milestone ON deliverables (milestone_id);

CREATE INDEX deliverables_project ON deliverables (project_id, position, id);

CREATE INDEX deliverables_waiting ON deliverables (project_id) WHERE state = 'in_review';

CREATE TABLE deputies (
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  client_id  TEXT   NOT NULL REFERENCES clients (id),
  deputy_id  TEXT   NOT NULL REFERENCES persons (id),
  from_on    TEXT   NOT NULL,
  to_on      TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (person_id, client_id)
);

CREATE INDEX deputies_days ON deputies (from_on, to_on);

CREATE INDEX deputies_deputy ON deputies (deputy_id);

CREATE TABLE downloads (
  id         TEXT   PRIMARY KEY,
  version_id TEXT   NOT NULL REFERENCES versions (id),
  file_id    TEXT   NOT NULL,
  project_id TEXT   NOT NULL,
  actor      TEXT   NOT NULL,
  how        TEXT   NOT NULL CHECK (how IN ('file', 'zip', 'link', 'view')),
  at         BIGINT NOT NULL
);

CREATE INDEX downloads_file ON downloads (file_id, id);

CREATE INDEX downloads_project ON downloads (project_id, id);

CREATE TABLE drafts (
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  place      TEXT   NOT NULL,
  subject    TEXT   NOT NULL DEFAULT '',
  body       TEXT   NOT NULL,
  saved_at   BIGINT NOT NULL, revision BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (person_id, place)
);

CREATE VIEW due_client_grants AS
SELECT g.actor, g.client_id, MAX(g.side) AS side, MAX(g.rights) AS rights
FROM (
  SELECT m.person_id AS actor, c.id AS client_id, 'team' AS side, 2047 AS rights
    FROM team_members m CROSS JOIN clients c
   WHERE m.role IN ('owner', 'admin') AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL
  UNION ALL
  SELECT m.person_id, ct.client_id, 'team', CASE m.role WHEN 'manager' THEN 1023 ELSE 1 END
    FROM client_team ct JOIN team_members m ON m.person_id = ct.person_id
   WHERE m.role IN ('manager', 'contributor') AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL
  UNION ALL
  SELECT m.person_id, p.client_id, 'team', 1
    FROM project_team pt
    JOIN team_members m ON m.person_id = pt.person_id
    JOIN projects p ON p.id = pt.project_id
   WHERE m.role IN ('manager', 'contributor') AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL
  UNION ALL
  SELECT u.person_id, u.client_id, 'client', u.rights
    FROM client_users u JOIN clients c ON c.id = u.client_id
   WHERE c.portal_since IS NOT NULL AND c.archived_at IS NULL
     AND u.accepted_at IS NOT NULL AND u.suspended_at IS NULL AND u.removed_at IS NULL
  UNION ALL
  SELECT u.id, u.client_id, 'client', u.rights
    FROM client_users u WHERE u.removed_at IS NULL
) g
GROUP BY g.actor, g.client_id;

CREATE VIEW due_project_grants AS
SELECT d.actor, d.project_id, d.client_id, d.side,
       CASE WHEN p.archived_at IS NULL THEN d.rights ELSE (d.rights & 1539) END AS rights,
       CASE WHEN d.side = 'team' THEN 16383 ELSE s.sections END AS sections
FROM (
SELECT g.actor, g.project_id, g.client_id, MAX(g.side) AS side, MAX(g.rights) AS rights
FROM (
  SELECT m.person_id AS actor, p.id AS project_id, p.client_id, 'team' AS side, 2047 AS rights
    FROM team_members m CROSS JOIN projects p
   WHERE m.role IN ('owner', 'admin') AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL
  UNION ALL
  SELECT m.person_id, p.id, p.client_id, 'team', CASE m.role WHEN 'contributor' THEN 511 ELSE 1023 END
    FROM client_team ct
    JOIN team_members m ON m.person_id = ct.person_id
    JOIN projects p ON p.client_id = ct.client_id
   WHERE m.role = 'manager' AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL
  UNION ALL
  SELECT m.person_id, p.id, p.client_id, 'team', CASE m.role WHEN 'contributor' THEN 511 ELSE 1023 END
    FROM project_team pt
    JOIN team_members m ON m.person_id = pt.person_id
    JOIN projects p ON p.id = pt.project_id
   WHERE m.role IN ('manager', 'contributor') AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL
  UNION ALL
  SELECT u.person_id, p.id, p.client_id, 'client', COALESCE(cup.rights, u.rights)
    FROM client_users u
    JOIN clients c ON c.id = u.client_id
    JOIN projects p ON p.client_id = u.client_id
    LEFT JOIN client_user_projects cup ON cup.client_user_id = u.id AND cup.project_id = p.id
   WHERE c.portal_since IS NOT NULL AND c.archived_at IS NULL AND p.shared_at IS NOT NULL
     AND u.accepted_at IS NOT NULL AND u.suspended_at IS NULL AND u.removed_at IS NULL
     AND (u.all_projects = 1 OR cup.project_id IS NOT NULL)
  UNION ALL
  SELECT u.id, p.id, p.client_id, 'client', COALESCE(cup.rights, u.rights)
    FROM client_users u
    JOIN projects p ON p.client_id = u.client_id
    LEFT JOIN client_user_projects cup ON cup.client_user_id = u.id AND cup.project_id = p.id
   WHERE p.shared_at IS NOT NULL AND u.removed_at IS NULL
     AND (u.all_projects = 1 OR cup.project_id IS NOT NULL)
) g
GROUP BY g.actor, g.project_id, g.client_id
) d JOIN projects p ON p.id = d.project_id JOIN due_sections s ON s.project_id = d.project_id;

CREATE VIEW due_sections AS
SELECT p.id AS project_id, ((((w.sections & ~c.sections_set) | (c.sections & c.sections_set)) & ~p.sections_set) | (p.sections & p.sections_set)) AS sections
  FROM projects p JOIN clients c ON c.id = p.client_id JOIN workspace w ON w.id = 1;

CREATE VIEW due_stand_ins AS
SELECT g.actor, g.client_id, g.project_id
  FROM projects p JOIN clients c ON c.id = p.client_id
  JOIN project_grants g ON g.project_id = p.id AND g.side = 'team'
  JOIN persons a ON a.id = g.actor AND a.disabled_at IS NULL
 WHERE p.archived_at IS NULL AND c.archived_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM project_team m JOIN persons n ON n.id = m.person_id AND n.disabled_at IS NULL WHERE m.project_id = p.id)
   AND CASE WHEN EXISTS (SELECT 1 FROM project_grants o JOIN persons n ON n.id = o.actor AND n.disabled_at IS NULL
                          WHERE o.project_id = p.id AND o.side = 'team'
                            AND (o.actor = c.contact_id OR EXISTS (SELECT 1 FROM client_team k WHERE k.client_id = c.id AND k.person_id = o.actor)))
            THEN g.actor = c.contact_id OR EXISTS (SELECT 1 FROM client_team k WHERE k.client_id = c.id AND k.person_id = g.actor)
            ELSE (g.rights & 1024) <> 0 END
UNION ALL
SELECT g.actor, g.client_id, ''
  FROM clients c JOIN client_grants g ON g.client_id = c.id AND g.side = 'team' AND (g.rights & 1024) <> 0
  JOIN persons a ON a.id = g.actor AND a.disabled_at IS NULL
 WHERE c.archived_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM client_grants o JOIN persons n ON n.id = o.actor AND n.disabled_at IS NULL
                    WHERE o.client_id = c.id AND o.side = 'team'
                      AND (o.actor = c.contact_id OR EXISTS (SELECT 1 FROM client_team k WHERE k.client_id = c.id AND k.person_id = o.actor)));

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
SELECT r.project_id, 'revision', r.audience, r.turn, 128, COUNT(*), 0, MIN(r.turn_since)
  FROM (SELECT q.project_id, q.turn, q.turn_since, q.approval_id,
               CASE WHEN q.approval_id IS NULL
                    THEN CASE WHEN EXISTS (SELECT 1 FROM versions x JOIN files y ON y.id = x.file_id WHERE x.id = q.version_id AND x.audience = 'client' AND y.audience = 'client') THEN 'client' ELSE 'team' END
                    WHEN EXISTS (SELECT 1 FROM approvals a WHERE a.id = q.approval_id AND a.shown_at IS NOT NULL
                           AND NOT EXISTS (SELECT 1 FROM approval_subjects s JOIN files y ON y.id = s.file_id JOIN versions x ON x.id = s.version_id WHERE s.approval_id = a.id AND (y.audience <> 'client' OR x.audience <> 'client'))
                           AND (a.deliverable_id IS NULL OR EXISTS (SELECT 1 FROM deliverables d WHERE d.id = a.deliverable_id AND d.audience = 'client')))
                    THEN 'client' ELSE 'team' END AS audience
          FROM revision_requests q WHERE q.turn IN ('client', 'team')) r
 WHERE (r.turn = 'client' AND r.audience = 'client') OR (r.turn = 'team' AND r.approval_id IS NULL) GROUP BY r.project_id, r.audience, r.turn;

CREATE TABLE email_changes (
  id          TEXT   PRIMARY KEY,
  person_id   TEXT   NOT NULL REFERENCES persons (id),
  email       TEXT   NOT NULL,
  email_key   TEXT   NOT NULL,
  old_email   TEXT   NOT NULL,
  token_hash  TEXT   NOT NULL UNIQUE,
  created_at  BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  used_at     BIGINT,
  voided_at   BIGINT
);

CREATE INDEX email_changes_person ON email_changes (person_id, id);

CREATE TABLE event_chains (
  chain  TEXT   PRIMARY KEY,
  seq    BIGINT NOT NULL,
  head   TEXT   NOT NULL
);

CREATE TRIGGER events_fixed BEFORE UPDATE OF id, chain, seq, kind, at, actor, client_id, project_id, subject, person_id, audience, particulars, hash, section, address, told, seal, called ON events BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: events'); END;

CREATE TRIGGER events_kept BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: events'); END;

CREATE TABLE events (
  id          TEXT   PRIMARY KEY,
  chain       TEXT   NOT NULL,
  seq         BIGINT NOT NULL,
  kind        TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  actor       TEXT   NOT NULL,
  client_id   TEXT,
  project_id  TEXT,
  subject     TEXT   NOT NULL,
  person_id   TEXT,
  audience    TEXT   NOT NULL,
  particulars TEXT   NOT NULL,
  hash        TEXT   NOT NULL,
  section     BIGINT NOT NULL DEFAULT 0,
  shown       BIGINT NOT NULL DEFAULT 0, address TEXT NOT NULL DEFAULT '', told BIGINT NOT NULL DEFAULT 1, seal TEXT NOT NULL DEFAULT '', called TEXT NOT NULL DEFAULT '',
  UNIQUE (chain, seq)
);

CREATE INDEX events_actor ON events (actor, id);

CREATE INDEX events_address ON events (address, id);

CREATE INDEX events_client ON events (client_id, id);

CREATE INDEX events_client_told ON events (client_id, id) WHERE told = 1;

CREATE INDEX events_elsewhere ON events (at) WHERE project_id IS NULL;

CREATE INDEX events_kind ON events (kind, id);

CREATE INDEX events_newest ON events (at) WHERE project_id IS NOT NULL;

CREATE INDEX events_project ON events (project_id, at, id) WHERE project_id IS NOT NULL;

CREATE INDEX events_subject ON events (subject, at);

CREATE VIEW file_pairs AS SELECT f.rowid AS place, (SELECT group_concat('x' || hex(substr(f.name_key, j.key + 1, 2)), ' ') FROM json_each('[0' || replace(hex(zeroblob(max(length(f.name_key) - 2, 0))), '00', ',0') || ']') j) AS pairs, f.client_id FROM files f;

CREATE TABLE file_request_files (
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

CREATE TABLE file_requests (
  id          TEXT   PRIMARY KEY,
  project_id  TEXT   NOT NULL,
  client_id   TEXT   NOT NULL,
  title       TEXT   NOT NULL,
  title_key   TEXT   NOT NULL,
  body        TEXT   NOT NULL DEFAULT '',
  example_id  TEXT,
  folder_id   TEXT,
  assignee_id TEXT   REFERENCES persons (id),
  due_on      TEXT,
  state       TEXT   NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'accepted', 'refused', 'withdrawn')),
  state_at    BIGINT NOT NULL,
  state_by    TEXT   NOT NULL REFERENCES persons (id),
  reason      TEXT   NOT NULL DEFAULT '',
  remind      BIGINT NOT NULL DEFAULT 1,
  reminded_at BIGINT,
  remind_at   BIGINT,
  created_at  BIGINT NOT NULL,
  created_by  TEXT   NOT NULL REFERENCES persons (id),
  revision    BIGINT NOT NULL DEFAULT 1,
  UNIQUE (id, project_id),
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id),
  FOREIGN KEY (example_id, project_id) REFERENCES files (id, project_id)
);

CREATE INDEX file_requests_project ON file_requests (project_id, id);

CREATE INDEX file_requests_remind ON file_requests (remind_at) WHERE remind_at IS NOT NULL;

CREATE INDEX file_requests_waiting ON file_requests (project_id) WHERE state IN ('open', 'refused');

CREATE VIRTUAL TABLE file_words USING fts5 (pairs, client_id, content = '', contentless_delete = 1);

CREATE TABLE 'file_words_config'(k PRIMARY KEY, v) WITHOUT ROWID;

CREATE TABLE 'file_words_data'(id INTEGER PRIMARY KEY, block BLOB);

CREATE TABLE 'file_words_docsize'(id INTEGER PRIMARY KEY, sz BLOB, origin INTEGER);

CREATE TABLE 'file_words_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;

CREATE TRIGGER file_words_changed AFTER UPDATE OF name_key ON files WHEN new.name_key <> old.name_key BEGIN DELETE FROM file_words WHERE rowid = old.rowid; INSERT INTO file_words (rowid, pairs, client_id) SELECT place, pairs, client_id FROM file_pairs WHERE place = new.rowid; END;

CREATE TRIGGER file_words_in AFTER INSERT ON files BEGIN INSERT INTO file_words (rowid, pairs, client_id) SELECT place, pairs, client_id FROM file_pairs WHERE place = new.rowid; END;

CREATE TRIGGER file_words_out AFTER DELETE ON files BEGIN DELETE FROM file_words WHERE rowid = old.rowid; END;

CREATE TABLE files (
  id          TEXT   PRIMARY KEY,
  project_id  TEXT   NOT NULL,
  client_id   TEXT   NOT NULL,
  folder_id   TEXT,
  name        TEXT   NOT NULL,
  name_key    TEXT   NOT NULL,
  audience    TEXT   NOT NULL DEFAULT 'team' CHECK (audience IN ('team', 'client')),
  origin      TEXT   NOT NULL DEFAULT 'team' CHECK (origin IN ('team', 'client')),
  shown_at    BIGINT,
  shown_by    TEXT   REFERENCES persons (id),
  created_at  BIGINT NOT NULL,
  created_by  TEXT   NOT NULL REFERENCES persons (id),
  latest_id   TEXT,
  shown_id    TEXT,

  latest_at   BIGINT NOT NULL,
  latest_size BIGINT NOT NULL,
  shown_version_at BIGINT,
  shown_size  BIGINT,
  pinned_at   BIGINT,
  pinned_by   TEXT   REFERENCES persons (id),
  trashed_at  BIGINT,
  trashed_by  TEXT   REFERENCES persons (id),
  trash_id    TEXT,
  revision    BIGINT NOT NULL DEFAULT 1,
  UNIQUE (id, project_id),
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id),
  FOREIGN KEY (folder_id, project_id) REFERENCES folders (id, project_id)
);

CREATE INDEX files_at ON files (latest_at, id) WHERE trashed_at IS NULL;

CREATE INDEX files_client_at ON files (client_id, latest_at, id) WHERE trashed_at IS NULL;

CREATE INDEX files_folder ON files (folder_id);

CREATE INDEX files_folder_at ON files (project_id, COALESCE(folder_id, ''), latest_at, id) WHERE trashed_at IS NULL;

CREATE INDEX files_folder_name ON files (project_id, COALESCE(folder_id, ''), name_key, id) WHERE trashed_at IS NULL;

CREATE INDEX files_folder_size ON files (project_id, COALESCE(folder_id, ''), latest_size, id) WHERE trashed_at IS NULL;

CREATE UNIQUE INDEX files_name ON files (project_id, COALESCE(folder_id, ''), audience, name_key) WHERE trashed_at IS NULL;

CREATE INDEX files_pinned ON files (project_id, pinned_at) WHERE pinned_at IS NOT NULL;

CREATE INDEX files_project_at ON files (project_id, latest_at, id) WHERE trashed_at IS NULL;

CREATE INDEX files_shown_at ON files (project_id, COALESCE(folder_id, ''), shown_version_at, id) WHERE trashed_at IS NULL AND audience = 'client';

CREATE INDEX files_shown_name ON files (project_id, COALESCE(folder_id, ''), name_key, id) WHERE trashed_at IS NULL AND audience = 'client';

CREATE INDEX files_shown_size ON files (project_id, COALESCE(folder_id, ''), shown_size, id) WHERE trashed_at IS NULL AND audience = 'client';

CREATE INDEX files_trash ON files (project_id, trashed_at, id) WHERE trashed_at IS NOT NULL;

CREATE INDEX files_trash_id ON files (trash_id) WHERE trash_id IS NOT NULL;

CREATE TABLE folders (
  id          TEXT   PRIMARY KEY,
  project_id  TEXT   NOT NULL,
  client_id   TEXT   NOT NULL,
  parent_id   TEXT,
  depth       BIGINT NOT NULL DEFAULT 1,
  name        TEXT   NOT NULL,
  name_key    TEXT   NOT NULL,
  audience    TEXT   NOT NULL DEFAULT 'team' CHECK (audience IN ('team', 'client')),
  origin      TEXT   NOT NULL DEFAULT 'team' CHECK (origin IN ('team', 'client')),
  shown_at    BIGINT,
  shown_by    TEXT   REFERENCES persons (id),
  created_at  BIGINT NOT NULL,
  created_by  TEXT   NOT NULL REFERENCES persons (id),
  trashed_at  BIGINT,
  trashed_by  TEXT   REFERENCES persons (id),
  trash_id    TEXT,
  revision    BIGINT NOT NULL DEFAULT 1,
  UNIQUE (id, project_id),
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id),
  FOREIGN KEY (parent_id, project_id) REFERENCES folders (id, project_id)
);

CREATE UNIQUE INDEX folders_name ON folders (project_id, COALESCE(parent_id, ''), audience, name_key) WHERE trashed_at IS NULL;

CREATE INDEX folders_parent ON folders (parent_id);

CREATE INDEX folders_trash ON folders (trash_id) WHERE trash_id IS NOT NULL;

CREATE INDEX folders_trashed ON folders (project_id, trashed_at, id) WHERE trashed_at IS NOT NULL;

CREATE TABLE footprint (
  id   BIGINT PRIMARY KEY CHECK (id = 1),
  mark TEXT NOT NULL
);

CREATE TABLE incoming_mails (
  id            TEXT   PRIMARY KEY,
  message_id    TEXT   NOT NULL,
  recipient     TEXT   NOT NULL,
  sender        TEXT   NOT NULL,
  blob          TEXT   NOT NULL,
  size          BIGINT NOT NULL,
  received_at   BIGINT NOT NULL,
  state         TEXT   NOT NULL CHECK (state IN ('waiting', 'held', 'posted', 'returned', 'dropped', 'discarded')),
  reason        TEXT   NOT NULL DEFAULT '',
  tries         BIGINT NOT NULL DEFAULT 0,
  due_at        BIGINT NOT NULL,
  settled_at    BIGINT,


  from_address  TEXT   NOT NULL DEFAULT '',
  from_name     TEXT   NOT NULL DEFAULT '',
  subject       TEXT   NOT NULL DEFAULT '',
  body          TEXT   NOT NULL DEFAULT '',
  body_hash     TEXT   NOT NULL DEFAULT '',
  files         TEXT   NOT NULL DEFAULT '',
  person_id     TEXT   REFERENCES persons (id),
  place         TEXT   NOT NULL DEFAULT '',
  audience      TEXT   NOT NULL DEFAULT 'team' CHECK (audience IN ('team', 'client')),
  uploads       TEXT   NOT NULL DEFAULT '',
  became        TEXT   NOT NULL DEFAULT '',

  vouched       BIGINT NOT NULL DEFAULT 0,
  decided_by    TEXT   REFERENCES persons (id), writer_id TEXT REFERENCES persons (id), answers TEXT NOT NULL DEFAULT '', project_id TEXT NOT NULL DEFAULT '',
  UNIQUE (message_id, recipient)
);

CREATE INDEX incoming_mails_became ON incoming_mails (became);

CREATE INDEX incoming_mails_blob ON incoming_mails (blob);

CREATE INDEX incoming_mails_due ON incoming_mails (state, due_at);

CREATE INDEX incoming_mails_person ON incoming_mails (person_id, place, received_at);

CREATE INDEX incoming_mails_settled ON incoming_mails (settled_at);

CREATE INDEX incoming_mails_state ON incoming_mails (state, id);

CREATE INDEX incoming_mails_writer ON incoming_mails (writer_id, state, id);

CREATE TABLE invitations (
  id              TEXT   PRIMARY KEY,
  person_id       TEXT   NOT NULL REFERENCES persons (id),
  client_user_id  TEXT   REFERENCES client_users (id),
  client_id       TEXT   REFERENCES clients (id),
  role            TEXT   NOT NULL DEFAULT '',
  message         TEXT   NOT NULL DEFAULT '',
  token_hash      TEXT   NOT NULL UNIQUE,
  invited_by      TEXT   NOT NULL REFERENCES persons (id),
  created_at      BIGINT NOT NULL,
  expires_at      BIGINT NOT NULL,
  accepted_at     BIGINT,
  revoked_at      BIGINT,
  replaced        BIGINT NOT NULL DEFAULT 0,
  asked_again_at  BIGINT
);

CREATE INDEX invitations_client_user ON invitations (client_user_id, id);

CREATE INDEX invitations_person ON invitations (person_id, id);

CREATE TABLE known_browsers (
  token_hash TEXT   PRIMARY KEY,
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
, session_id TEXT NOT NULL DEFAULT '', answers TEXT NOT NULL DEFAULT '');

CREATE INDEX known_browsers_expires ON known_browsers (expires_at);

CREATE INDEX known_browsers_person ON known_browsers (person_id);

CREATE TABLE mails (
  id          TEXT   PRIMARY KEY,
  kind        TEXT   NOT NULL,
  person_id   TEXT   NOT NULL REFERENCES persons (id),
  address     TEXT   NOT NULL,
  subject_id  TEXT   NOT NULL,
  client_id   TEXT,
  state       TEXT   NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'kept', 'failed', 'dropped')),
  reason      TEXT   NOT NULL DEFAULT '',
  tries       BIGINT NOT NULL DEFAULT 0,
  created_at  BIGINT NOT NULL,
  due_at      BIGINT NOT NULL DEFAULT 0,
  sent_at     BIGINT
, lost BIGINT NOT NULL DEFAULT 0);

CREATE INDEX mails_due ON mails (state, due_at);

CREATE INDEX mails_lost ON mails (person_id) WHERE lost = 1;

CREATE INDEX mails_person ON mails (person_id, kind) WHERE state = 'queued';

CREATE INDEX mails_state ON mails (state, id);

CREATE INDEX mails_subject ON mails (subject_id);

CREATE TABLE mentions (
  message_id TEXT   NOT NULL REFERENCES messages (id),
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  name       TEXT   NOT NULL, revision BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (message_id, person_id)
);

CREATE INDEX mentions_person ON mentions (person_id, message_id);

CREATE TABLE message_files (
  message_id TEXT   NOT NULL REFERENCES messages (id),
  file_id    TEXT   NOT NULL REFERENCES files (id),
  version_id TEXT   NOT NULL REFERENCES versions (id),
  position   BIGINT NOT NULL,
  PRIMARY KEY (message_id, file_id)
);

CREATE INDEX message_files_file ON message_files (file_id);

CREATE INDEX message_files_version ON message_files (version_id);

CREATE VIEW message_readers AS SELECT rowid AS number, body, client_id || CASE audience WHEN 'team' THEN 'n' ELSE '' END AS client_id, deleted_at FROM messages;

CREATE TABLE message_texts (
  message_id TEXT   NOT NULL REFERENCES messages (id),
  revision   BIGINT NOT NULL,
  body       TEXT   NOT NULL,
  until      BIGINT NOT NULL,
  PRIMARY KEY (message_id, revision)
);

CREATE VIRTUAL TABLE message_words USING fts5 (body, client_id, content = 'message_readers', content_rowid = 'number', tokenize = "unicode61 remove_diacritics 2", prefix = '3');

CREATE TABLE 'message_words_config'(k PRIMARY KEY, v) WITHOUT ROWID;

CREATE TABLE 'message_words_data'(id INTEGER PRIMARY KEY, block BLOB);

CREATE TABLE 'message_words_docsize'(id INTEGER PRIMARY KEY, sz BLOB);

CREATE TABLE message_words_done (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL);

CREATE TABLE 'message_words_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;

CREATE TRIGGER message_words_changed AFTER UPDATE OF body, deleted_at ON messages WHEN old.rowid <= (SELECT d.number FROM message_words_done d) BEGIN INSERT INTO message_words (message_words, rowid, body, client_id) SELECT 'delete', old.rowid, old.body, old.client_id || CASE old.audience WHEN 'team' THEN 'n' ELSE '' END WHERE old.deleted_at IS NULL; INSERT INTO message_words (rowid, body, client_id) SELECT number, body, client_id FROM message_readers WHERE number = new.rowid AND deleted_at IS NULL; END;

CREATE TRIGGER message_words_out AFTER DELETE ON messages WHEN old.rowid <= (SELECT d.number FROM message_words_done d) BEGIN INSERT INTO message_words (message_words, rowid, body, client_id) SELECT 'delete', old.rowid, old.body, old.client_id || CASE old.audience WHEN 'team' THEN 'n' ELSE '' END WHERE old.deleted_at IS NULL; UPDATE message_words_done SET number = MIN(number, COALESCE((SELECT MAX(m.rowid) FROM messages m), 0)); END;

CREATE TABLE messages (
  id           TEXT   PRIMARY KEY,
  thread_id    TEXT   NOT NULL REFERENCES threads (id),
  client_id    TEXT   NOT NULL DEFAULT '',
  seq          BIGINT NOT NULL,
  shown_number BIGINT,
  audience     TEXT   NOT NULL CHECK (audience IN ('team', 'client')),
  author_id    TEXT   NOT NULL REFERENCES persons (id),
  side         TEXT   NOT NULL CHECK (side IN ('team', 'client')),
  body         TEXT   NOT NULL,
  quote_id     TEXT   REFERENCES messages (id),
  created_at   BIGINT NOT NULL,
  changed_at   BIGINT NOT NULL,
  edited_at    BIGINT,
  deleted_at   BIGINT,
  deleted_by   TEXT   REFERENCES persons (id),
  erased_at    BIGINT,
  revision     BIGINT NOT NULL DEFAULT 1, salt TEXT NOT NULL DEFAULT '',
  UNIQUE (thread_id, seq),
  UNIQUE (thread_id, shown_number)
);

CREATE INDEX messages_changed ON messages (changed_at);

CREATE INDEX messages_quote ON messages (quote_id) WHERE quote_id IS NOT NULL;

CREATE TABLE migrations (
  version     BIGINT PRIMARY KEY,
  name        TEXT   NOT NULL,
  checksum    TEXT   NOT NULL,
  applied_at  BIGINT NOT NULL
);

CREATE TABLE milestones (
  id           TEXT   PRIMARY KEY,
  project_id   TEXT   NOT NULL REFERENCES projects (id),
  title        TEXT   NOT NULL,
  title_key    TEXT   NOT NULL DEFAULT '',
  body         TEXT   NOT NULL DEFAULT '',
  starts_on    TEXT,
  due_on       TEXT,
  planned_on   TEXT,
  shift_reason TEXT   NOT NULL DEFAULT '',
  turn         TEXT   NOT NULL DEFAULT 'team' CHECK (turn IN ('team', 'client')),
  turn_since   BIGINT NOT NULL,
  position     BIGINT NOT NULL,
  audience     TEXT   NOT NULL DEFAULT 'team' CHECK (audience IN ('team', 'client')),
  shown_at     BIGINT,
  shown_by     TEXT   REFERENCES persons (id),
  created_at   BIGINT NOT NULL,
  created_by   TEXT   NOT NULL REFERENCES persons (id),
  reached_at   BIGINT,
  reached_by   TEXT   REFERENCES persons (id),
  revision     BIGINT NOT NULL DEFAULT 1,
  UNIQUE (id, project_id)
);

CREATE INDEX milestones_project ON milestones (project_id, position, id);

CREATE INDEX milestones_waiting ON milestones (project_id) WHERE turn = 'client' AND reached_at IS NULL;

CREATE TABLE mutes (
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  project_id TEXT   NOT NULL REFERENCES projects (id),
  at         BIGINT NOT NULL,
  PRIMARY KEY (person_id, project_id)
);

CREATE TABLE notice_choices (
  person_id   TEXT   PRIMARY KEY REFERENCES persons (id),
  preset      TEXT   NOT NULL CHECK (preset IN ('needs', 'normal', 'everything', 'own')),
  listed      BIGINT NOT NULL,
  mailed      BIGINT NOT NULL,
  digested    BIGINT NOT NULL,
  quiet_from  TEXT   NOT NULL DEFAULT '',
  quiet_until TEXT   NOT NULL DEFAULT '',
  digest_on   TEXT   NOT NULL CHECK (digest_on IN ('daily', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun')),
  digest_at   TEXT   NOT NULL,
  digest_due  BIGINT
, pushed BIGINT NOT NULL DEFAULT 0, ended BIGINT NOT NULL DEFAULT 0);

CREATE INDEX notice_choices_due ON notice_choices (digest_due) WHERE digest_due IS NOT NULL;

CREATE TABLE "notice_queue" (
  event_id   TEXT PRIMARY KEY REFERENCES events (id),
  message_id TEXT
, mailed TEXT NOT NULL DEFAULT '') WITHOUT ROWID;

CREATE TABLE notices (
  id         TEXT   PRIMARY KEY,
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  event_id   TEXT   NOT NULL REFERENCES events (id),
  subject    TEXT   NOT NULL,
  topic      BIGINT NOT NULL,
  listed     BIGINT NOT NULL CHECK (listed IN (0, 1)),
  mail       TEXT   NOT NULL CHECK (mail IN ('', 'now', 'digest')),
  mail_id    TEXT   NOT NULL DEFAULT '',
  at         BIGINT NOT NULL,
  read_at    BIGINT, message_id TEXT REFERENCES messages (id), push BIGINT NOT NULL DEFAULT 0 CHECK (push IN (0, 1)), named BIGINT NOT NULL DEFAULT 0 CHECK (named IN (0, 1)), needs BIGINT NOT NULL DEFAULT 0 CHECK (needs IN (0, 1)), client_id TEXT NOT NULL DEFAULT '',
  UNIQUE (person_id, event_id)
);

CREATE INDEX notices_client ON notices (person_id, client_id, id) WHERE listed = 1;

CREATE INDEX notices_client_unread ON notices (person_id, client_id, id) WHERE listed = 1 AND read_at IS NULL;

CREATE INDEX notices_listed ON notices (person_id, id) WHERE listed = 1;

CREATE INDEX notices_listed_unread ON notices (person_id, id) WHERE listed = 1 AND read_at IS NULL;

CREATE INDEX notices_message ON notices (message_id, person_id) WHERE message_id IS NOT NULL;

CREATE INDEX notices_named ON notices (person_id, id) WHERE named = 1 AND read_at IS NULL;

CREATE INDEX notices_push ON notices (person_id, id) WHERE push = 1;

CREATE INDEX notices_unread ON notices (person_id, subject, id) WHERE read_at IS NULL;

CREATE INDEX notices_waiting ON notices (person_id, mail, mail_id, id) WHERE mail <> '';

CREATE TABLE password_resets (
  id          TEXT   PRIMARY KEY,
  person_id   TEXT   NOT NULL REFERENCES persons (id),
  token_hash  TEXT   NOT NULL UNIQUE,
  created_at  BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  used_at     BIGINT,
  voided_at   BIGINT
);

CREATE INDEX password_resets_person ON password_resets (person_id, id);

CREATE TABLE persons (
  id             TEXT   PRIMARY KEY,
  name           TEXT   NOT NULL,
  email          TEXT   NOT NULL,
  email_key      TEXT   NOT NULL UNIQUE,
  title          TEXT   NOT NULL DEFAULT '',
  password_hash  TEXT   NOT NULL DEFAULT '',
  locale         TEXT   NOT NULL DEFAULT '',
  time_zone      TEXT   NOT NULL DEFAULT '',
  theme          TEXT   NOT NULL DEFAULT '',
  away_until     TEXT   NOT NULL DEFAULT '',
  created_at     BIGINT NOT NULL,
  confirmed_at   BIGINT,
  disabled_at    BIGINT
);

CREATE INDEX persons_called ON persons (LOWER(name));

CREATE TABLE place_numbers (
  item_id  TEXT   NOT NULL,
  audience TEXT   NOT NULL,
  last     BIGINT NOT NULL,
  PRIMARY KEY (item_id, audience)
);

CREATE TABLE previews (
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

CREATE TABLE project_grants (
  actor      TEXT   NOT NULL,
  project_id TEXT   NOT NULL,
  client_id  TEXT   NOT NULL,
  side       TEXT   NOT NULL,
  rights     BIGINT NOT NULL,
  sections   BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (actor, project_id),
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id)
) WITHOUT ROWID;

CREATE INDEX project_grants_client ON project_grants (client_id, actor, project_id);

CREATE INDEX project_grants_project ON project_grants (project_id);

CREATE INDEX project_grants_side ON project_grants (actor, side, project_id);

CREATE TABLE project_team (
  project_id  TEXT   NOT NULL REFERENCES projects (id),
  person_id   TEXT   NOT NULL REFERENCES persons (id),
  role        TEXT   NOT NULL DEFAULT '',
  shown       BIGINT NOT NULL DEFAULT 1,
  added_at    BIGINT NOT NULL,
  PRIMARY KEY (project_id, person_id)
);

CREATE INDEX project_team_person ON project_team (person_id);

CREATE TABLE projects (
  id             TEXT   PRIMARY KEY,
  client_id      TEXT   NOT NULL REFERENCES clients (id),
  name           TEXT   NOT NULL,
  name_key       TEXT   NOT NULL DEFAULT '',
  summary        TEXT   NOT NULL DEFAULT '',
  status         TEXT   NOT NULL DEFAULT 'planned'  CHECK (status IN ('planned', 'active', 'on_hold', 'done')),
  health         TEXT   NOT NULL DEFAULT 'on_track' CHECK (health IN ('on_track', 'at_risk', 'off_track', 'waiting')),
  sentence       TEXT   NOT NULL DEFAULT '',
  starts_on      TEXT,
  due_on         TEXT,
  shared_at      BIGINT,
  shared_by      TEXT   REFERENCES persons (id),
  contact_id     TEXT   REFERENCES persons (id),
  sections_set   BIGINT NOT NULL DEFAULT 0,
  sections       BIGINT NOT NULL DEFAULT 0,
  created_at     BIGINT NOT NULL,
  created_by     TEXT   NOT NULL REFERENCES persons (id),
  updated_at     BIGINT NOT NULL,
  updated_by     TEXT   NOT NULL REFERENCES persons (id),
  archived_at    BIGINT,
  archived_by    TEXT   REFERENCES persons (id),
  revision       BIGINT NOT NULL DEFAULT 1,
  UNIQUE (id, client_id)
);

CREATE INDEX projects_client ON projects (client_id, id);

CREATE TABLE push_devices (
  id         TEXT   PRIMARY KEY,
  session_id TEXT   NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  endpoint   TEXT   NOT NULL UNIQUE,
  public_key TEXT   NOT NULL,
  auth       TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  told_id    TEXT   NOT NULL,
  due_at     BIGINT,
  tries      BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX push_devices_due ON push_devices (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX push_devices_person ON push_devices (person_id, id);

CREATE INDEX push_devices_session ON push_devices (session_id);

CREATE TABLE reading_marks (
  thread_id  TEXT   NOT NULL REFERENCES threads (id),
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  seq        BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  PRIMARY KEY (thread_id, person_id, seq)
);

CREATE TABLE reply_addresses (
  id          TEXT   PRIMARY KEY,
  person_id   TEXT   NOT NULL REFERENCES persons (id),
  place       TEXT   NOT NULL,
  audience    TEXT   NOT NULL CHECK (audience IN ('team', 'client')),
  created_at  BIGINT NOT NULL,
  UNIQUE (person_id, place, audience)
);

CREATE TABLE "requests" (
  key        TEXT   PRIMARY KEY,
  body_hash  TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  result     TEXT   NOT NULL
) WITHOUT ROWID;

CREATE TABLE revision_items (
  id           TEXT   PRIMARY KEY,
  request_id   TEXT   NOT NULL,
  project_id   TEXT   NOT NULL,
  number       BIGINT NOT NULL,
  body         TEXT   NOT NULL,
  file_id      TEXT,
  version_id   TEXT   REFERENCES versions (id),
  thread_id    TEXT   REFERENCES threads (id),
  state        TEXT   NOT NULL CHECK (state IN ('open', 'done', 'refused', 'unclear')),
  state_at     BIGINT NOT NULL,
  state_by     TEXT   NOT NULL REFERENCES persons (id),
  reason       TEXT   NOT NULL DEFAULT '',
  clarified    TEXT   NOT NULL DEFAULT '',
  done_id      TEXT   REFERENCES versions (id),
  out_of_scope BIGINT NOT NULL DEFAULT 0,
  price        BIGINT NOT NULL DEFAULT 0,
  currency     TEXT   NOT NULL DEFAULT '',
  offer        TEXT   NOT NULL DEFAULT '' CHECK (offer IN ('', 'offered', 'accepted', 'declined')),
  offer_at     BIGINT,
  offer_by     TEXT   REFERENCES persons (id),
  revision     BIGINT NOT NULL DEFAULT 1,
  UNIQUE (request_id, number),
  FOREIGN KEY (request_id, project_id) REFERENCES revision_requests (id, project_id),
  FOREIGN KEY (file_id, project_id) REFERENCES files (id, project_id)
);

CREATE INDEX revision_items_file ON revision_items (file_id) WHERE file_id IS NOT NULL;

CREATE INDEX revision_items_priced ON revision_items (project_id, offer_at) WHERE offer_at IS NOT NULL;

CREATE INDEX revision_items_thread ON revision_items (thread_id) WHERE thread_id IS NOT NULL;

CREATE TABLE revision_requests (
  id             TEXT   PRIMARY KEY,
  project_id     TEXT   NOT NULL,
  client_id      TEXT   NOT NULL,
  approval_id    TEXT   REFERENCES approvals (id),
  file_id        TEXT,
  version_id     TEXT   REFERENCES versions (id),
  title          TEXT   NOT NULL,
  round          BIGINT NOT NULL,
  rounds         BIGINT NOT NULL DEFAULT 0,
  open           BIGINT NOT NULL,
  unclear        BIGINT NOT NULL DEFAULT 0,
  offered        BIGINT NOT NULL DEFAULT 0,
  turn           TEXT   NOT NULL CHECK (turn IN ('', 'team', 'client')),
  turn_since     BIGINT NOT NULL,
  turn_by        TEXT   NOT NULL REFERENCES persons (id),
  withdrawn_at   BIGINT,
  created_at     BIGINT NOT NULL,
  created_by     TEXT   NOT NULL REFERENCES persons (id),
  UNIQUE (id, project_id),
  CHECK ((approval_id IS NULL) = (version_id IS NOT NULL)),
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id),
  FOREIGN KEY (file_id, project_id) REFERENCES files (id, project_id)
);

CREATE INDEX revision_requests_approval ON revision_requests (approval_id) WHERE approval_id IS NOT NULL;

CREATE INDEX revision_requests_file ON revision_requests (file_id) WHERE file_id IS NOT NULL;

CREATE INDEX revision_requests_open ON revision_requests (project_id) WHERE open > 0;

CREATE INDEX revision_requests_project ON revision_requests (project_id, id);

CREATE INDEX revision_requests_waiting ON revision_requests (project_id) WHERE turn = 'client';

CREATE TABLE seen (
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  item_id    TEXT   NOT NULL,
  first_at   BIGINT NOT NULL,
  last_at    BIGINT NOT NULL,
  PRIMARY KEY (person_id, item_id)
);

CREATE INDEX seen_item ON seen (item_id, person_id);

CREATE TABLE sessions (
  id          TEXT   PRIMARY KEY,
  token_hash  TEXT   NOT NULL UNIQUE,
  person_id   TEXT   NOT NULL REFERENCES persons (id),
  created_at  BIGINT NOT NULL,
  proved_at   BIGINT NOT NULL,
  seen_at     BIGINT NOT NULL,
  idle_micros BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  proof       TEXT   NOT NULL,
  user_agent  TEXT   NOT NULL DEFAULT '',
  address     TEXT   NOT NULL DEFAULT '',
  shared      BIGINT NOT NULL DEFAULT 0,
  viewing_as  TEXT   NOT NULL DEFAULT '',
  ended_at    BIGINT,
  ended_why   TEXT   NOT NULL DEFAULT ''
);

CREATE INDEX sessions_person ON sessions (person_id, id);

CREATE TABLE share_links (
  id            TEXT   PRIMARY KEY,
  file_id       TEXT   NOT NULL,
  project_id    TEXT   NOT NULL,
  version_id    TEXT,
  token_hash    TEXT   NOT NULL UNIQUE,
  password_hash TEXT   NOT NULL DEFAULT '',
  expires_at    BIGINT NOT NULL,
  max_downloads BIGINT NOT NULL DEFAULT 0,
  downloads     BIGINT NOT NULL DEFAULT 0,
  failures      BIGINT NOT NULL DEFAULT 0,
  failed_at     BIGINT NOT NULL DEFAULT 0,
  opened_at     BIGINT,
  created_at    BIGINT NOT NULL,
  created_by    TEXT   NOT NULL REFERENCES persons (id),
  revoked_at    BIGINT,
  revoked_by    TEXT   REFERENCES persons (id),
  FOREIGN KEY (file_id, project_id) REFERENCES files (id, project_id)
);

CREATE INDEX share_links_file ON share_links (file_id, id);

CREATE INDEX share_links_maker ON share_links (created_by);

CREATE INDEX share_links_project ON share_links (project_id, id);

CREATE TABLE shut_out (
  person_id TEXT   PRIMARY KEY REFERENCES persons (id),
  at        BIGINT NOT NULL
);

CREATE TABLE sign_in_codes (
  id          TEXT   PRIMARY KEY,
  person_id   TEXT   NOT NULL REFERENCES persons (id),
  browser     TEXT   NOT NULL UNIQUE,
  created_at  BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  tries       BIGINT NOT NULL DEFAULT 0,
  used_at     BIGINT
, answers TEXT NOT NULL DEFAULT '');

CREATE INDEX sign_in_codes_person ON sign_in_codes (person_id, id);

CREATE TRIGGER signoff_lines_fixed BEFORE UPDATE ON signoff_lines BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: signoff_lines'); END;

CREATE TRIGGER signoff_lines_kept BEFORE DELETE ON signoff_lines BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: signoff_lines'); END;

CREATE TABLE signoff_lines (
  signoff_id  TEXT   NOT NULL REFERENCES signoffs (id),
  position    BIGINT NOT NULL,
  kind        TEXT   NOT NULL CHECK (kind IN ('deliverable', 'version', 'open')),
  why         TEXT   NOT NULL DEFAULT '',
  item_id     TEXT   NOT NULL DEFAULT '',
  title       TEXT   NOT NULL,
  version_id  TEXT   REFERENCES versions (id),
  number      BIGINT NOT NULL DEFAULT 0,
  sha256      TEXT   NOT NULL DEFAULT '',
  size        BIGINT NOT NULL DEFAULT 0,
  approval_id TEXT   REFERENCES approvals (id),
  at          BIGINT,
  by_name     TEXT   NOT NULL DEFAULT '',
  PRIMARY KEY (signoff_id, position)
);

CREATE INDEX signoff_lines_approval ON signoff_lines (approval_id) WHERE approval_id IS NOT NULL;

CREATE INDEX signoff_lines_version ON signoff_lines (version_id) WHERE version_id IS NOT NULL;

CREATE TABLE signoff_views (
  signoff_id TEXT   NOT NULL REFERENCES signoffs (id),
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  name       TEXT   NOT NULL,
  at         BIGINT NOT NULL,
  PRIMARY KEY (signoff_id, person_id)
);

CREATE INDEX signoff_views_person ON signoff_views (person_id);

CREATE TRIGGER signoffs_fixed BEFORE UPDATE ON signoffs WHEN OLD.state = 'signed' BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: signoffs'); END;

CREATE TRIGGER signoffs_kept BEFORE DELETE ON signoffs BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: signoffs'); END;

CREATE TABLE signoffs (
  id          TEXT   PRIMARY KEY,
  project_id  TEXT   NOT NULL,
  client_id   TEXT   NOT NULL,
  subject_id  TEXT   NOT NULL,
  title       TEXT   NOT NULL,
  statement   TEXT   NOT NULL,
  points      TEXT   NOT NULL DEFAULT '',
  due_on      TEXT,
  state       TEXT   NOT NULL CHECK (state IN ('asked', 'signed', 'declined', 'withdrawn')),
  state_at    BIGINT NOT NULL,
  state_by    TEXT   NOT NULL REFERENCES persons (id),
  viewed_at   BIGINT,
  viewed_by   TEXT   REFERENCES persons (id),
  note        TEXT   NOT NULL DEFAULT '',
  content     TEXT   NOT NULL DEFAULT '',
  name        TEXT   NOT NULL DEFAULT '',
  email       TEXT   NOT NULL DEFAULT '',
  role        TEXT   NOT NULL DEFAULT '',
  company     TEXT   NOT NULL DEFAULT '',
  verified_at BIGINT,
  zone        TEXT   NOT NULL DEFAULT '',
  proof       TEXT   NOT NULL DEFAULT '' CHECK (proof IN ('', 'password', 'code')),
  address     TEXT   NOT NULL DEFAULT '',
  agent       TEXT   NOT NULL DEFAULT '',
  created_at  BIGINT NOT NULL,
  created_by  TEXT   NOT NULL REFERENCES persons (id),
  revision    BIGINT NOT NULL DEFAULT 1, remind_at BIGINT, reminded_at BIGINT, escalate_at BIGINT, escalated_at BIGINT, remind BIGINT NOT NULL DEFAULT 1 CHECK (remind IN (0, 1)),
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id)
);

CREATE INDEX signoffs_client ON signoffs (client_id, id);

CREATE INDEX signoffs_escalate ON signoffs (escalate_at) WHERE escalate_at IS NOT NULL;

CREATE UNIQUE INDEX signoffs_open ON signoffs (subject_id) WHERE state IN ('asked', 'signed');

CREATE INDEX signoffs_project ON signoffs (project_id, id);

CREATE INDEX signoffs_remind ON signoffs (remind_at) WHERE remind_at IS NOT NULL;

CREATE INDEX signoffs_state ON signoffs (state, id);

CREATE INDEX signoffs_subject ON signoffs (subject_id, id);

CREATE INDEX signoffs_waiting ON signoffs (project_id, subject_id) WHERE state = 'asked';

CREATE TABLE stand_ins (
  actor      TEXT NOT NULL REFERENCES persons (id),
  client_id  TEXT NOT NULL REFERENCES clients (id),
  project_id TEXT NOT NULL,
  PRIMARY KEY (actor, client_id, project_id)
);

CREATE INDEX stand_ins_client ON stand_ins (client_id, project_id);

CREATE TABLE tallies (
  project_id TEXT   NOT NULL REFERENCES projects (id),
  kind       TEXT   NOT NULL,
  audience   TEXT   NOT NULL,
  turn       TEXT   NOT NULL,
  section    BIGINT NOT NULL,
  total      BIGINT NOT NULL,
  done       BIGINT NOT NULL,
  since      BIGINT,
  PRIMARY KEY (project_id, kind, audience, turn)
) WITHOUT ROWID;

CREATE TABLE tasks (
  id           TEXT   PRIMARY KEY,
  project_id   TEXT   NOT NULL REFERENCES projects (id),
  milestone_id TEXT,
  title        TEXT   NOT NULL,
  title_key    TEXT   NOT NULL DEFAULT '',
  body         TEXT   NOT NULL DEFAULT '',
  assignee_id  TEXT   REFERENCES persons (id),
  due_on       TEXT,
  turn         TEXT   NOT NULL DEFAULT 'team' CHECK (turn IN ('team', 'client')),
  turn_since   BIGINT NOT NULL,
  position     BIGINT NOT NULL,
  audience     TEXT   NOT NULL DEFAULT 'team' CHECK (audience IN ('team', 'client')),
  shown_at     BIGINT,
  shown_by     TEXT   REFERENCES persons (id),
  created_at   BIGINT NOT NULL,
  created_by   TEXT   NOT NULL REFERENCES persons (id),
  started_at   BIGINT,
  completed_at BIGINT,
  completed_by TEXT   REFERENCES persons (id),
  revision     BIGINT NOT NULL DEFAULT 1,
  FOREIGN KEY (milestone_id, project_id) REFERENCES milestones (id, project_id)
);

CREATE INDEX tasks_assignee ON tasks (assignee_id, completed_at, due_on);

CREATE INDEX tasks_milestone ON tasks (milestone_id);

CREATE INDEX tasks_project ON tasks (project_id, position, id);

CREATE INDEX tasks_turn ON tasks (project_id, turn, completed_at);

CREATE TABLE team_members (
  person_id   TEXT   PRIMARY KEY REFERENCES persons (id),
  role        TEXT   NOT NULL CHECK (role IN ('owner', 'admin', 'manager', 'contributor')),
  created_at  BIGINT NOT NULL,
  accepted_at BIGINT,
  removed_at  BIGINT
);

CREATE TABLE templates (
  id          TEXT   PRIMARY KEY,
  name        TEXT   NOT NULL,
  name_key    TEXT   NOT NULL UNIQUE,
  body        TEXT   NOT NULL,
  created_at  BIGINT NOT NULL,
  created_by  TEXT   REFERENCES persons (id)
);

CREATE TABLE thread_people (
  thread_id  TEXT   NOT NULL REFERENCES threads (id),
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  added_at   BIGINT NOT NULL,
  PRIMARY KEY (thread_id, person_id)
);

CREATE INDEX thread_people_person ON thread_people (person_id, thread_id);

CREATE VIRTUAL TABLE thread_words USING fts5 (body, client_id, tokenize = "unicode61 remove_diacritics 2", prefix = '3');

CREATE TABLE 'thread_words_config'(k PRIMARY KEY, v) WITHOUT ROWID;

CREATE TABLE 'thread_words_content'(id INTEGER PRIMARY KEY, c0, c1);

CREATE TABLE 'thread_words_data'(id INTEGER PRIMARY KEY, block BLOB);

CREATE TABLE 'thread_words_docsize'(id INTEGER PRIMARY KEY, sz BLOB);

CREATE TABLE 'thread_words_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;

CREATE TRIGGER thread_words_in AFTER INSERT ON threads WHEN new.kind = 'project' BEGIN INSERT INTO thread_words (rowid, body, client_id) VALUES (new.rowid, new.subject, new.client_id || CASE new.audience WHEN 'team' THEN 'n' ELSE '' END); END;

CREATE TRIGGER thread_words_out AFTER DELETE ON threads WHEN old.kind = 'project' BEGIN DELETE FROM thread_words WHERE rowid = old.rowid; END;

CREATE TABLE threads (
  id          TEXT   PRIMARY KEY,
  kind        TEXT   NOT NULL CHECK (kind IN ('project', 'general', 'direct', 'item')),
  key         TEXT   UNIQUE,
  client_id   TEXT   REFERENCES clients (id),
  project_id  TEXT,
  item_id     TEXT,
  version_id  TEXT   REFERENCES versions (id),
  subject     TEXT   NOT NULL DEFAULT '',
  audience    TEXT   NOT NULL CHECK (audience IN ('team', 'client')),
  created_at  BIGINT NOT NULL,
  created_by  TEXT   NOT NULL REFERENCES persons (id),
  seq         BIGINT NOT NULL DEFAULT 0,
  last_at     BIGINT NOT NULL,
  shown_seq   BIGINT NOT NULL DEFAULT 0,
  shown_count BIGINT NOT NULL DEFAULT 0,
  shown_at    BIGINT,
  turn        TEXT   NOT NULL DEFAULT 'none' CHECK (turn IN ('team', 'client', 'none')),
  turn_since  BIGINT NOT NULL,
  asked_id    TEXT,
  resolved_at BIGINT,
  resolved_by TEXT   REFERENCES persons (id),
  revision    BIGINT NOT NULL DEFAULT 1, place TEXT NOT NULL DEFAULT '', number BIGINT,
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id)
);

CREATE INDEX threads_client ON threads (client_id, shown_at, id, shown_seq) WHERE kind <> 'item';

CREATE INDEX threads_item ON threads (item_id, id) WHERE item_id IS NOT NULL;

CREATE INDEX threads_last ON threads (last_at, id) WHERE kind <> 'item';

CREATE UNIQUE INDEX threads_number ON threads (item_id, audience, number) WHERE number IS NOT NULL;

CREATE INDEX threads_project ON threads (project_id, kind) WHERE kind <> 'item';

CREATE INDEX threads_turn ON threads (client_id, turn) WHERE turn <> 'none';

CREATE INDEX threads_unresolved ON threads (project_id, id) WHERE kind = 'item' AND resolved_at IS NULL;

CREATE INDEX threads_version ON threads (version_id) WHERE version_id IS NOT NULL;

CREATE INDEX threads_waiting ON threads (project_id) WHERE turn = 'client';

CREATE TABLE unsent_comments (
  id         TEXT   PRIMARY KEY,
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  version_id TEXT   NOT NULL REFERENCES versions (id),
  place      TEXT   NOT NULL DEFAULT '',
  body       TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  saved_at   BIGINT NOT NULL,
  shared_at  BIGINT,
  revision   BIGINT NOT NULL DEFAULT 1
, shared_in TEXT);

CREATE INDEX unsent_comments_shared ON unsent_comments (shared_in) WHERE shared_in IS NOT NULL;

CREATE INDEX unsent_comments_version ON unsent_comments (version_id, person_id);

CREATE TABLE updates (
  id           TEXT   PRIMARY KEY,
  project_id   TEXT   NOT NULL REFERENCES projects (id),
  author_id    TEXT   NOT NULL REFERENCES persons (id),
  body         TEXT   NOT NULL,
  status       TEXT   NOT NULL,
  health       TEXT   NOT NULL,
  sentence     TEXT   NOT NULL DEFAULT '',
  title_key    TEXT   NOT NULL DEFAULT '',
  audience     TEXT   NOT NULL DEFAULT 'team' CHECK (audience IN ('team', 'client')),
  shown_at     BIGINT,
  shown_by     TEXT   REFERENCES persons (id),
  created_at   BIGINT NOT NULL,
  edited_at    BIGINT,
  revision     BIGINT NOT NULL DEFAULT 1
);

CREATE INDEX updates_project ON updates (project_id, id);

CREATE TABLE uploads (
  id           TEXT   PRIMARY KEY,
  owner        TEXT   NOT NULL REFERENCES persons (id),
  project_id   TEXT   NOT NULL,
  client_id    TEXT   NOT NULL,
  folder_id    TEXT,
  file_id      TEXT,
  request_id   TEXT,
  name         TEXT   NOT NULL,
  path         TEXT   NOT NULL DEFAULT '',
  audience     TEXT   NOT NULL CHECK (audience IN ('team', 'client')),
  size         BIGINT NOT NULL,
  claimed_type TEXT   NOT NULL DEFAULT '',
  claimed_sha256 TEXT NOT NULL DEFAULT '',
  note         TEXT   NOT NULL DEFAULT '',
  blob         TEXT   NOT NULL,
  received     BIGINT NOT NULL DEFAULT 0,
  state        TEXT   NOT NULL DEFAULT '',
  created_at   BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL,
  version_id   TEXT,
  finished_at  BIGINT,
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id)
);

CREATE INDEX uploads_blob ON uploads (blob);

CREATE INDEX uploads_expires ON uploads (expires_at) WHERE finished_at IS NULL;

CREATE INDEX uploads_owner ON uploads (owner, id);

CREATE INDEX uploads_project ON uploads (project_id);

CREATE TABLE uptime (
  id      BIGINT PRIMARY KEY CHECK (id = 1),
  seen_at BIGINT NOT NULL,
  held_at BIGINT
);

CREATE TRIGGER version_texts_in AFTER INSERT ON version_texts BEGIN INSERT INTO version_words (rowid, body, client_id) VALUES (new.rowid, new.body, new.client_id); END;

CREATE TRIGGER version_texts_out AFTER DELETE ON version_texts BEGIN INSERT INTO version_words (version_words, rowid, body, client_id) VALUES ('delete', old.rowid, old.body, old.client_id); END;

CREATE TABLE version_texts (
  version_id TEXT PRIMARY KEY REFERENCES versions (id),
  file_id    TEXT NOT NULL REFERENCES files (id),
  body       TEXT NOT NULL
, client_id TEXT NOT NULL DEFAULT '');

CREATE INDEX version_texts_file ON version_texts (file_id);

CREATE VIRTUAL TABLE version_words USING fts5 (body, client_id, content = 'version_texts', content_rowid = 'rowid', tokenize = "unicode61 remove_diacritics 2");

CREATE TABLE 'version_words_config'(k PRIMARY KEY, v) WITHOUT ROWID;

CREATE TABLE 'version_words_data'(id INTEGER PRIMARY KEY, block BLOB);

CREATE TABLE 'version_words_docsize'(id INTEGER PRIMARY KEY, sz BLOB);

CREATE TABLE 'version_words_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;

CREATE TABLE versions (
  id           TEXT   PRIMARY KEY,
  file_id      TEXT   NOT NULL,
  project_id   TEXT   NOT NULL,
  client_id    TEXT   NOT NULL,
  number       BIGINT NOT NULL,
  shown_number BIGINT,
  audience     TEXT   NOT NULL CHECK (audience IN ('team', 'client')),
  shown_at     BIGINT,
  shown_by     TEXT   REFERENCES persons (id),
  blob         TEXT   NOT NULL,
  size         BIGINT NOT NULL,
  sha256       TEXT   NOT NULL,
  kind         TEXT   NOT NULL,
  type         TEXT   NOT NULL,
  claimed_type TEXT   NOT NULL DEFAULT '',
  note         TEXT   NOT NULL DEFAULT '',
  restored_from TEXT,
  created_at   BIGINT NOT NULL,
  created_by   TEXT   NOT NULL REFERENCES persons (id),
  scan         TEXT   NOT NULL DEFAULT 'off' CHECK (scan IN ('off', 'waiting', 'clean', 'infected', 'unscanned')),
  scan_found   TEXT   NOT NULL DEFAULT '',
  preview      TEXT   NOT NULL DEFAULT 'waiting' CHECK (preview IN ('waiting', 'ready', 'none')),
  width        BIGINT NOT NULL DEFAULT 0,
  height       BIGINT NOT NULL DEFAULT 0,
  pages        BIGINT NOT NULL DEFAULT 0,
  duration_ms  BIGINT NOT NULL DEFAULT 0, whole BIGINT NOT NULL DEFAULT 0, next_page BIGINT NOT NULL DEFAULT 0,
  UNIQUE (file_id, number),
  UNIQUE (id, file_id),
  FOREIGN KEY (file_id, project_id) REFERENCES files (id, project_id),
  FOREIGN KEY (project_id, client_id) REFERENCES projects (id, client_id)
);

CREATE INDEX versions_blob ON versions (blob);

CREATE INDEX versions_next_page ON versions (id) WHERE next_page > 0;

CREATE INDEX versions_preview ON versions (id) WHERE preview = 'waiting';

CREATE TABLE visits (
  person_id   TEXT   NOT NULL REFERENCES persons (id),
  place       TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  previous_at BIGINT NOT NULL,
  PRIMARY KEY (person_id, place)
);

CREATE TABLE workspace (
  id              BIGINT PRIMARY KEY CHECK (id = 1),
  name            TEXT   NOT NULL,
  logo_text       TEXT   NOT NULL DEFAULT '',
  accent          TEXT   NOT NULL DEFAULT '',
  welcome         TEXT   NOT NULL DEFAULT '',
  support_email   TEXT   NOT NULL DEFAULT '',
  legal_url       TEXT   NOT NULL DEFAULT '',
  privacy_url     TEXT   NOT NULL DEFAULT '',
  time_zone       TEXT   NOT NULL DEFAULT 'UTC',
  locale          TEXT   NOT NULL DEFAULT 'en',
  office_hours    TEXT   NOT NULL DEFAULT '',
  reply_hours     BIGINT NOT NULL DEFAULT 0,
  state_words     TEXT   NOT NULL DEFAULT '{}',
  sections        BIGINT NOT NULL,
  revision        BIGINT NOT NULL DEFAULT 1,
  set_up_at       BIGINT,
  set_up_hash     TEXT   NOT NULL DEFAULT ''
, file_limit BIGINT NOT NULL DEFAULT 5368709120, client_limit BIGINT NOT NULL DEFAULT 107374182400, share_links BIGINT NOT NULL DEFAULT 0, receipts TEXT NOT NULL DEFAULT 'on' CHECK (receipts IN ('on', 'off', 'team')), bare_mails BIGINT NOT NULL DEFAULT 0);
