-- What is open when somebody signs for good: the comments that nobody resolved.
CREATE INDEX threads_unresolved ON threads (project_id, id) WHERE kind = 'item' AND resolved_at IS NULL;
