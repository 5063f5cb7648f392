-- What waits is looked for on every page: a project's tallies are found in one
-- step, as their key is their place in the file, and its sign-offs that wait
-- among no others.
CREATE TABLE kept AS SELECT * FROM tallies;
DROP TABLE tallies;
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
INSERT INTO tallies SELECT * FROM kept;
DROP TABLE kept;

CREATE INDEX signoffs_waiting ON signoffs (project_id, subject_id) WHERE state = 'asked';
