-- A project's grants say all that most queries need to know of it: what is left
-- of the rights while it is archived, and what its client is shown.
-- They are found in one step, as their key is their place in the file.
DROP VIEW due_project_grants;
DROP TABLE project_grants;
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
CREATE INDEX project_grants_project ON project_grants (project_id);
CREATE INDEX project_grants_side ON project_grants (actor, side, project_id);
CREATE INDEX project_grants_client ON project_grants (client_id, actor, project_id);

-- What a client is shown of a project: the workspace's choice unless the client,
-- or the project, says otherwise.
CREATE VIEW due_sections AS
SELECT p.id AS project_id, ((((w.sections & ~c.sections_set) | (c.sections & c.sections_set)) & ~p.sections_set) | (p.sections & p.sections_set)) AS sections
  FROM projects p JOIN clients c ON c.id = p.client_id JOIN workspace w ON w.id = 1;

-- 16383 is everything, for the team; 1539 is what remains on an archived
-- project: view, download, manage, administer.
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

INSERT INTO project_grants (actor, project_id, client_id, side, rights, sections)
SELECT actor, project_id, client_id, side, rights, sections FROM due_project_grants;

-- What waits for the client, among all that does not.
CREATE INDEX milestones_waiting ON milestones (project_id) WHERE turn = 'client' AND reached_at IS NULL;
