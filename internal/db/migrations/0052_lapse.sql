-- An approval that waits for the team to show it to the client lapses too.
DROP INDEX approvals_expires;
CREATE INDEX approvals_expires ON approvals (expires_on) WHERE state IN ('requested', 'viewed') AND expires_on IS NOT NULL;
