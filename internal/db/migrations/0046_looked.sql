-- Reminders of a sign-off can be off, as those of an approval.
ALTER TABLE signoffs ADD COLUMN remind BIGINT NOT NULL DEFAULT 1 CHECK (remind IN (0, 1));

-- Who of those that can sign has looked at what they are asked to, when first, and
-- what they were called then.
CREATE TABLE signoff_views (
  signoff_id TEXT   NOT NULL REFERENCES signoffs (id),
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  name       TEXT   NOT NULL,
  at         BIGINT NOT NULL,
  PRIMARY KEY (signoff_id, person_id)
);
CREATE INDEX signoff_views_person ON signoff_views (person_id);
INSERT INTO signoff_views (signoff_id, person_id, name, at)
SELECT s.id, s.viewed_by, n.name, s.viewed_at FROM signoffs s JOIN persons n ON n.id = s.viewed_by WHERE s.viewed_at IS NOT NULL;

-- What who looked at an approval was called then.
ALTER TABLE approval_people ADD COLUMN viewed_name TEXT NOT NULL DEFAULT '';
UPDATE approval_people SET viewed_name = (SELECT n.name FROM persons n WHERE n.id = approval_people.person_id) WHERE viewed_at IS NOT NULL;
