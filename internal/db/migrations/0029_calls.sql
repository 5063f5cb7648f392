-- What somebody who is asked said by phone, as one of the team noted it: it decides
-- nothing until they confirm it. What was noted never changes; how it ended is added.
CREATE TABLE approval_calls (
  id          TEXT   PRIMARY KEY,               -- cal_
  approval_id TEXT   NOT NULL,
  stage       BIGINT NOT NULL,
  person_id   TEXT   NOT NULL,                  -- who said it
  answer      TEXT   NOT NULL CHECK (answer IN ('approved', 'approved_with_notes', 'changes_requested', 'declined')),
  note        TEXT   NOT NULL DEFAULT '',
  content     TEXT   NOT NULL,                  -- the hash of what was asked
  said_at     BIGINT NOT NULL,
  noted_at    BIGINT NOT NULL,
  noted_by    TEXT   NOT NULL REFERENCES persons (id),
  state       TEXT   NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'confirmed', 'denied', 'withdrawn', 'void')),
  ended_at    BIGINT,
  ended_by    TEXT   REFERENCES persons (id),   -- NULL: the program
  reply       TEXT   NOT NULL DEFAULT '',       -- what was different, as they say
  FOREIGN KEY (approval_id, stage, person_id) REFERENCES approval_people (approval_id, stage, person_id)
);
CREATE INDEX approval_calls_approval ON approval_calls (approval_id, id);
CREATE UNIQUE INDEX approval_calls_open ON approval_calls (person_id, approval_id, stage) WHERE state = 'open';

ALTER TABLE approval_decisions ADD COLUMN call_id TEXT REFERENCES approval_calls (id);  -- that it confirms
