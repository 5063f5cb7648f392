-- What is mixed into the hash of what somebody said, which an event seals: it goes when
-- the text is erased, and nobody can try any more what that was. Of what was said before,
-- nothing is sealed until it changes.
ALTER TABLE messages ADD COLUMN salt TEXT NOT NULL DEFAULT '';
