-- A link with which one person answers one approval, without a password: it is in
-- one mail, and works while their answer in that stage is awaited.
CREATE TABLE approval_links (
  mail_id     TEXT   PRIMARY KEY,               -- that it is in
  token_hash  TEXT   NOT NULL UNIQUE,
  approval_id TEXT   NOT NULL REFERENCES approvals (id),
  stage       BIGINT NOT NULL,
  person_id   TEXT   NOT NULL REFERENCES persons (id),
  email_key   TEXT   NOT NULL,                  -- the address that it went to
  created_at  BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL
);
CREATE INDEX approval_links_expires ON approval_links (expires_at);

-- Browsers in which somebody has proven who they are. That opens nothing: it only
-- saves the code that a mailed link asks for elsewhere.
CREATE TABLE known_browsers (
  token_hash TEXT   PRIMARY KEY,
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX known_browsers_person ON known_browsers (person_id);
CREATE INDEX known_browsers_expires ON known_browsers (expires_at);

-- Who decides for whom: somebody hands their decision to a colleague, or the team
-- gives it to somebody else.
ALTER TABLE approval_people ADD COLUMN for_id TEXT REFERENCES persons (id);     -- whose decision it was at first
ALTER TABLE approval_people ADD COLUMN given_to TEXT REFERENCES persons (id);   -- who decides instead
ALTER TABLE approval_decisions ADD COLUMN for_id TEXT REFERENCES persons (id);

-- Who decides for somebody at a client on which days.
CREATE TABLE deputies (
  person_id  TEXT   NOT NULL REFERENCES persons (id),
  client_id  TEXT   NOT NULL REFERENCES clients (id),
  deputy_id  TEXT   NOT NULL REFERENCES persons (id),
  from_on    TEXT   NOT NULL,
  to_on      TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (person_id, client_id)
);
CREATE INDEX deputies_days ON deputies (from_on, to_on);
CREATE INDEX deputies_deputy ON deputies (deputy_id);

ALTER TABLE approvals ADD COLUMN escalate_at BIGINT;   -- when others are told that nobody has answered
ALTER TABLE approvals ADD COLUMN escalated_at BIGINT;
ALTER TABLE approvals ADD COLUMN stranded_at BIGINT;   -- since when nobody who is asked can answer
CREATE INDEX approvals_escalate ON approvals (escalate_at) WHERE escalate_at IS NOT NULL;
CREATE INDEX approvals_asking ON approvals (id) WHERE asking = 1;
