-- What waits for somebody is found without what is done: it is counted on every
-- page, and what is done only grows.

CREATE INDEX deliverables_waiting ON deliverables (project_id) WHERE state = 'in_review';
CREATE INDEX file_requests_waiting ON file_requests (project_id) WHERE state IN ('open', 'refused');
CREATE INDEX threads_waiting ON threads (project_id) WHERE turn = 'client';
CREATE INDEX approval_people_waiting ON approval_people (person_id) WHERE role = 'decider' AND decision_id IS NULL;
