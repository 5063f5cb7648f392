-- When somebody was last shut out of what they saw: no event says it to them, and a
-- stream that has lost count has to.
CREATE TABLE shut_out (
  person_id TEXT   PRIMARY KEY REFERENCES persons (id),
  at        BIGINT NOT NULL
);
