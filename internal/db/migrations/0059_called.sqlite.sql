-- What the actor of an event was called then; empty: nobody, or from before it was kept.
ALTER TABLE events ADD COLUMN called TEXT NOT NULL DEFAULT '';
DROP TRIGGER events_fixed;
CREATE TRIGGER events_fixed BEFORE UPDATE OF id, chain, seq, kind, at, actor, client_id, project_id, subject, person_id, audience, particulars, hash, section, address, told, seal, called ON events BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: events'); END;

-- What they were called then whose decision an answer was at first.
ALTER TABLE approval_decisions ADD COLUMN for_called TEXT NOT NULL DEFAULT '';
