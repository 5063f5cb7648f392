-- Comments that wait for those who lead are found by the project that they are in:
-- each home of a client's person asks for them.
ALTER TABLE unsent_comments ADD COLUMN shared_in TEXT;
UPDATE unsent_comments SET shared_in = (SELECT f.project_id FROM versions v JOIN files f ON f.id = v.file_id WHERE v.id = version_id) WHERE shared_at IS NOT NULL;
DROP INDEX unsent_comments_shared;
CREATE INDEX unsent_comments_shared ON unsent_comments (shared_in) WHERE shared_in IS NOT NULL;
