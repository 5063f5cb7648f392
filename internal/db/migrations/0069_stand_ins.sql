-- Whoever is kept out looks after nothing: what is only theirs is nobody's.
DROP VIEW due_stand_ins;
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

DELETE FROM stand_ins;
INSERT INTO stand_ins (actor, client_id, project_id) SELECT actor, client_id, project_id FROM due_stand_ins;
