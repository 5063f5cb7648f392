-- After each answer to an approval those of its project that wait are counted:
-- no others need be looked at.
CREATE INDEX approvals_waiting ON approvals (project_id) WHERE deliverable_id IS NULL AND turn <> '';
