-- Comments on places: a pin, a region, marked text, a time. They are numbered in
-- the order in which they were sent, those for the client and the team's own
-- apart: a client does not learn by a gap of what is not for them.
ALTER TABLE threads ADD COLUMN place TEXT NOT NULL DEFAULT '';  -- JSON; '' is all of the item
ALTER TABLE threads ADD COLUMN number BIGINT;
CREATE UNIQUE INDEX threads_number ON threads (item_id, audience, number) WHERE number IS NOT NULL;

CREATE TABLE place_numbers (
  item_id  TEXT   NOT NULL,
  audience TEXT   NOT NULL,
  last     BIGINT NOT NULL,
  PRIMARY KEY (item_id, audience)
);

-- Comments on places that were not sent yet. Nobody sees one but its author and,
-- once they share it, those of the client who lead.
CREATE TABLE unsent_comments (
  id         TEXT   PRIMARY KEY,                -- uns_
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  version_id TEXT   NOT NULL REFERENCES versions (id),
  place      TEXT   NOT NULL DEFAULT '',
  body       TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  saved_at   BIGINT NOT NULL,
  shared_at  BIGINT,
  revision   BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX unsent_comments_version ON unsent_comments (version_id, person_id);
