-- An answer can say that an earlier one of the same person stands, for something newer.
ALTER TABLE approval_decisions ADD COLUMN repeats_id TEXT REFERENCES approval_decisions (id);
