-- A stage can ask a role: those who have it when it is sent.
ALTER TABLE approval_stages ADD COLUMN asked_role TEXT NOT NULL DEFAULT '' CHECK (asked_role IN ('', 'leads', 'approvers'));
ALTER TABLE approval_people ADD COLUMN by_role BIGINT NOT NULL DEFAULT 0;  -- 1: asked as one of the role

-- The working calendar of a client: what is not set is as in the workspace.
ALTER TABLE clients ADD COLUMN time_zone TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN working_days BIGINT CHECK (working_days BETWEEN 1 AND 127);  -- bits, Monday first
ALTER TABLE clients ADD COLUMN holidays TEXT;                                               -- a line for each day

-- What colleagues share waits for those who lead.
CREATE INDEX unsent_comments_shared ON unsent_comments (shared_at) WHERE shared_at IS NOT NULL;
