-- Who stands in where nobody of the team is: in a project on whose team nobody is those
-- whose work its client is, and else those who administer; in what is said to a client
-- that is nobody's work, where project_id is empty, those who administer. Derived.
CREATE TABLE stand_ins (
  actor      TEXT NOT NULL REFERENCES persons (id),
  client_id  TEXT NOT NULL REFERENCES clients (id),
  project_id TEXT NOT NULL,
  PRIMARY KEY (actor, client_id, project_id)
);
CREATE INDEX stand_ins_client ON stand_ins (client_id, project_id);

CREATE VIEW due_stand_ins AS
SELECT g.actor, g.client_id, g.project_id
  FROM projects p JOIN clients c ON c.id = p.client_id
  JOIN project_grants g ON g.project_id = p.id AND g.side = 'team'
 WHERE p.archived_at IS NULL AND c.archived_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM project_team m WHERE m.project_id = p.id)
   AND CASE WHEN EXISTS (SELECT 1 FROM project_grants o WHERE o.project_id = p.id AND o.side = 'team'
                            AND (o.actor = c.contact_id OR EXISTS (SELECT 1 FROM client_team k WHERE k.client_id = c.id AND k.person_id = o.actor)))
            THEN g.actor = c.contact_id OR EXISTS (SELECT 1 FROM client_team k WHERE k.client_id = c.id AND k.person_id = g.actor)
            ELSE (g.rights & 1024) <> 0 END
UNION ALL
SELECT g.actor, g.client_id, ''
  FROM clients c JOIN client_grants g ON g.client_id = c.id AND g.side = 'team' AND (g.rights & 1024) <> 0
 WHERE c.archived_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM client_grants o WHERE o.client_id = c.id AND o.side = 'team'
                      AND (o.actor = c.contact_id OR EXISTS (SELECT 1 FROM client_team k WHERE k.client_id = c.id AND k.person_id = o.actor)));

INSERT INTO stand_ins (actor, client_id, project_id) SELECT actor, client_id, project_id FROM due_stand_ins;
