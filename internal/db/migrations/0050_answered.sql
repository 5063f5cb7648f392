-- Which mail of ours one answers, as it says: the same few words are said again in
-- answer to a newer one.
ALTER TABLE incoming_mails ADD COLUMN answers TEXT NOT NULL DEFAULT '';
