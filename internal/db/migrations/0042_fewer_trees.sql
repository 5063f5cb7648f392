-- Every event went into eleven trees. What is read by time is either of a project
-- or of none, so that one tree each is enough; and what happened in a project is
-- read by time everywhere.
DROP INDEX events_at;
CREATE INDEX events_elsewhere ON events (at) WHERE project_id IS NULL;
DROP INDEX events_project;
DROP INDEX events_project_at;
CREATE INDEX events_project ON events (project_id, at, id) WHERE project_id IS NOT NULL;
