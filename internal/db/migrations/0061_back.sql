-- Why it was handed to given_to: as its person was away, until they are not, or as
-- whose it was is back. Empty: somebody wanted it so.
ALTER TABLE approval_people ADD COLUMN given_as TEXT NOT NULL DEFAULT '' CHECK (given_as IN ('', 'away', 'back'));
CREATE INDEX approval_people_away ON approval_people (approval_id) WHERE given_as = 'away';

-- A client's approvals: what waits for somebody, the most urgent first, and the rest.
CREATE INDEX approvals_client_due ON approvals (client_id, due_key, id) WHERE turn <> '';
CREATE INDEX approvals_client_rest ON approvals (client_id, id) WHERE turn = '';
