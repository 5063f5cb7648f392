-- What somebody said by phone is to change of each of several files; the others they
-- approved, as in an answer. None: all of them.
CREATE TABLE approval_call_changes (
  call_id  TEXT   NOT NULL REFERENCES approval_calls (id),
  position BIGINT NOT NULL,
  note     TEXT   NOT NULL DEFAULT '',
  PRIMARY KEY (call_id, position)
);
