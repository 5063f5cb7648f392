-- An address that one person's answers to one place come to. Behind its + stands
-- the id and a MAC of it.
CREATE TABLE reply_addresses (
  id          TEXT   PRIMARY KEY,              -- rpl_
  person_id   TEXT   NOT NULL REFERENCES persons (id),
  place       TEXT   NOT NULL,                 -- a conversation, comments, or what may be commented on
  audience    TEXT   NOT NULL CHECK (audience IN ('team', 'client')), -- an answer is never seen further
  created_at  BIGINT NOT NULL,
  UNIQUE (person_id, place, audience)
);

-- Mails that came in, one row for each recipient of ours. A row is written before
-- the mail is accepted, and says what became of it.
CREATE TABLE incoming_mails (
  id            TEXT   PRIMARY KEY,            -- inm_
  message_id    TEXT   NOT NULL,               -- its own, or a hash of it
  recipient     TEXT   NOT NULL,
  sender        TEXT   NOT NULL,               -- of the envelope; empty: nobody, or not known
  blob          TEXT   NOT NULL,               -- as it came
  size          BIGINT NOT NULL,
  received_at   BIGINT NOT NULL,
  state         TEXT   NOT NULL CHECK (state IN ('waiting', 'held', 'posted', 'returned', 'dropped', 'discarded')),
  reason        TEXT   NOT NULL DEFAULT '',
  tries         BIGINT NOT NULL DEFAULT 0,
  due_at        BIGINT NOT NULL,               -- while it waits
  settled_at    BIGINT,

  -- what was found in it
  from_address  TEXT   NOT NULL DEFAULT '',
  from_name     TEXT   NOT NULL DEFAULT '',
  subject       TEXT   NOT NULL DEFAULT '',
  body          TEXT   NOT NULL DEFAULT '',
  body_hash     TEXT   NOT NULL DEFAULT '',
  files         TEXT   NOT NULL DEFAULT '',    -- names, one a line
  person_id     TEXT   REFERENCES persons (id),-- whose reply address it came to
  place         TEXT   NOT NULL DEFAULT '',
  audience      TEXT   NOT NULL DEFAULT 'team' CHECK (audience IN ('team', 'client')),
  uploads       TEXT   NOT NULL DEFAULT '',    -- of its files, as far as they have come, one a line
  became        TEXT   NOT NULL DEFAULT '',    -- the message; of what came back, our mail

  vouched       BIGINT NOT NULL DEFAULT 0,     -- somebody looked at it and let it in
  decided_by    TEXT   REFERENCES persons (id),
  UNIQUE (message_id, recipient)
);
CREATE INDEX incoming_mails_state ON incoming_mails (state, id);
CREATE INDEX incoming_mails_due ON incoming_mails (state, due_at);
CREATE INDEX incoming_mails_settled ON incoming_mails (settled_at);
CREATE INDEX incoming_mails_blob ON incoming_mails (blob);
CREATE INDEX incoming_mails_became ON incoming_mails (became);
CREATE INDEX incoming_mails_person ON incoming_mails (person_id, place, received_at);
