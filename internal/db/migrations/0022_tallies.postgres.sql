-- Sign-offs that wait are looked for on every page, among no others.
CREATE INDEX signoffs_waiting ON signoffs (project_id, subject_id) WHERE state = 'asked';
