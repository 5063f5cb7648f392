-- What the actor of an event was called then; empty: nobody, or from before it was kept.
ALTER TABLE events ADD COLUMN called TEXT NOT NULL DEFAULT '';
DROP TRIGGER events_fixed ON events;
CREATE TRIGGER events_fixed BEFORE UPDATE OF id, chain, seq, kind, at, actor, client_id, project_id, subject, person_id, audience, particulars, hash, section, address, told, seal, called ON events FOR EACH ROW EXECUTE FUNCTION refuse_to_change();

-- What they were called then whose decision an answer was at first.
ALTER TABLE approval_decisions ADD COLUMN for_called TEXT NOT NULL DEFAULT '';
