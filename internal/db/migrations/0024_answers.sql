-- What a mailed code is good for: the approval that it answers, or signing in.
ALTER TABLE sign_in_codes ADD COLUMN answers TEXT NOT NULL DEFAULT '';

-- A browser is known as long as nobody signs out of the session in which it became
-- so, or, by a code that was mailed to answer an approval, for that one alone.
DELETE FROM known_browsers;
ALTER TABLE known_browsers ADD COLUMN session_id TEXT NOT NULL DEFAULT '';
ALTER TABLE known_browsers ADD COLUMN answers TEXT NOT NULL DEFAULT '';

-- A list of changes that the client sees no more waits for nobody there, and is
-- counted for nobody who does not see it.
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

DELETE FROM tallies WHERE kind = 'revision';
INSERT INTO tallies (project_id, kind, audience, turn, section, total, done, since)
SELECT project_id, kind, audience, turn, section, total, done, since FROM due_tallies WHERE kind = 'revision';
