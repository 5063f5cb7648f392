-- What is open when somebody signs for good: the comments that nobody resolved.
CREATE INDEX threads_unresolved ON threads (project_id, id) WHERE kind = 'item' AND resolved_at IS NULL;

-- What a deliverable said when it was asked about, as JSON: with it the hash of what
-- was decided on is computed anew. NULL: of files alone, or from before it was kept.
ALTER TABLE approvals ADD COLUMN about TEXT;

-- Who decided, as they were known then.
ALTER TABLE approval_decisions ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE approval_decisions ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE approval_decisions ADD COLUMN title TEXT NOT NULL DEFAULT '';       -- a word of their own, or the name of a preset
ALTER TABLE approval_decisions ADD COLUMN company TEXT NOT NULL DEFAULT '';     -- the client; empty: one of the team
ALTER TABLE approval_decisions ADD COLUMN verified_at BIGINT;                   -- since when the address was theirs
ALTER TABLE approval_decisions ADD COLUMN zone TEXT NOT NULL DEFAULT '';

-- Of decisions from before, that is how they are known now.
UPDATE approval_decisions SET
  name = COALESCE((SELECT a.name FROM persons a WHERE a.id = approval_decisions.person_id), ''),
  email = COALESCE((SELECT a.email FROM persons a WHERE a.id = approval_decisions.person_id), ''),
  zone = COALESCE((SELECT COALESCE(NULLIF(a.time_zone, ''), w.time_zone) FROM persons a JOIN workspace w ON w.id = 1 WHERE a.id = approval_decisions.person_id), ''),
  title = COALESCE((SELECT COALESCE(NULLIF(u.title, ''), NULLIF(a.title, ''), CASE u.rights WHEN 3 THEN 'viewer' WHEN 15 THEN 'commenter' WHEN 31 THEN 'contributor' WHEN 127 THEN 'approver' WHEN 255 THEN 'lead' ELSE 'custom' END)
       FROM approvals p JOIN client_users u ON u.client_id = p.client_id JOIN persons a ON a.id = u.person_id WHERE p.id = approval_decisions.approval_id AND u.person_id = approval_decisions.person_id),
     (SELECT COALESCE(NULLIF(a.title, ''), m.role) FROM team_members m JOIN persons a ON a.id = m.person_id WHERE m.person_id = approval_decisions.person_id), ''),
  company = COALESCE((SELECT c.name FROM approvals p JOIN client_users u ON u.client_id = p.client_id JOIN clients c ON c.id = p.client_id WHERE p.id = approval_decisions.approval_id AND u.person_id = approval_decisions.person_id), ''),
  verified_at = COALESCE((SELECT u.accepted_at FROM approvals p JOIN client_users u ON u.client_id = p.client_id WHERE p.id = approval_decisions.approval_id AND u.person_id = approval_decisions.person_id),
     (SELECT a.confirmed_at FROM persons a WHERE a.id = approval_decisions.person_id));

-- Of the hash that the owners were mailed, made with the key of the certificates.
ALTER TABLE daily_heads ADD COLUMN signature TEXT NOT NULL DEFAULT '';

-- What was recorded does not change, whoever asks: of an event no more than whether
-- the client is shown it, of what was said by phone how it ended, of a certificate
-- where its paper is, and of a sign-off how it ended.
CREATE TRIGGER events_fixed BEFORE UPDATE OF id, chain, seq, kind, at, actor, client_id, project_id, subject, person_id, audience, particulars, hash, section, address, told, seal ON events BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: events'); END;
CREATE TRIGGER events_kept BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: events'); END;
CREATE TRIGGER approval_decisions_fixed BEFORE UPDATE ON approval_decisions BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: approval_decisions'); END;
CREATE TRIGGER approval_decisions_kept BEFORE DELETE ON approval_decisions BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: approval_decisions'); END;
CREATE TRIGGER approval_verdicts_fixed BEFORE UPDATE ON approval_verdicts BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: approval_verdicts'); END;
CREATE TRIGGER approval_verdicts_kept BEFORE DELETE ON approval_verdicts BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: approval_verdicts'); END;
CREATE TRIGGER approval_call_changes_fixed BEFORE UPDATE ON approval_call_changes BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: approval_call_changes'); END;
CREATE TRIGGER approval_call_changes_kept BEFORE DELETE ON approval_call_changes BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: approval_call_changes'); END;
CREATE TRIGGER signoff_lines_fixed BEFORE UPDATE ON signoff_lines BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: signoff_lines'); END;
CREATE TRIGGER signoff_lines_kept BEFORE DELETE ON signoff_lines BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: signoff_lines'); END;
CREATE TRIGGER daily_heads_fixed BEFORE UPDATE ON daily_heads BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: daily_heads'); END;
CREATE TRIGGER daily_heads_kept BEFORE DELETE ON daily_heads BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: daily_heads'); END;
CREATE TRIGGER chain_heads_fixed BEFORE UPDATE ON chain_heads BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: chain_heads'); END;
CREATE TRIGGER chain_heads_kept BEFORE DELETE ON chain_heads BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: chain_heads'); END;
CREATE TRIGGER approval_calls_fixed BEFORE UPDATE OF id, approval_id, stage, person_id, answer, note, content, said_at, noted_at, noted_by ON approval_calls BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: approval_calls'); END;
CREATE TRIGGER approval_calls_kept BEFORE DELETE ON approval_calls BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: approval_calls'); END;
CREATE TRIGGER certificates_fixed BEFORE UPDATE OF id, subject_id, project_id, client_id, token_hash, content, created_at, created_by ON certificates BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: certificates'); END;
CREATE TRIGGER certificates_made BEFORE UPDATE ON certificates WHEN OLD.made_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: certificates'); END;
CREATE TRIGGER certificates_kept BEFORE DELETE ON certificates BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: certificates'); END;
CREATE TRIGGER signoffs_fixed BEFORE UPDATE ON signoffs WHEN OLD.state = 'signed' BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: signoffs'); END;
CREATE TRIGGER signoffs_kept BEFORE DELETE ON signoffs BEGIN SELECT RAISE(ABORT, 'what was recorded does not change: signoffs'); END;
