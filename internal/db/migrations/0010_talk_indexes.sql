-- What is said makes more events than all else, of no project: the indexes by
-- project leave them out, and nobody looks for messages by their author alone.
DROP INDEX events_project;
DROP INDEX events_project_at;
CREATE INDEX events_project ON events (project_id, id) WHERE project_id IS NOT NULL;
CREATE INDEX events_project_at ON events (project_id, at) WHERE project_id IS NOT NULL;
DROP INDEX messages_author;
