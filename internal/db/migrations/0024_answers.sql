-- What a mailed code is good for: the approval that it answers, or signing in.
ALTER TABLE sign_in_codes ADD COLUMN answers TEXT NOT NULL DEFAULT '';

-- A browser is known as long as nobody signs out of the session in which it became
-- so, or, by a code that was mailed to answer an approval, for that one alone.
DELETE FROM known_browsers;
ALTER TABLE known_browsers ADD COLUMN session_id TEXT NOT NULL DEFAULT '';
ALTER TABLE known_browsers ADD COLUMN answers TEXT NOT NULL DEFAULT '';
