-- Sign-offs are reminded of, and others are told of those that nobody answers.
ALTER TABLE signoffs ADD COLUMN remind_at BIGINT;    -- the next reminder
ALTER TABLE signoffs ADD COLUMN reminded_at BIGINT;
ALTER TABLE signoffs ADD COLUMN escalate_at BIGINT;  -- when others are told
ALTER TABLE signoffs ADD COLUMN escalated_at BIGINT;
CREATE INDEX signoffs_remind ON signoffs (remind_at) WHERE remind_at IS NOT NULL;
CREATE INDEX signoffs_escalate ON signoffs (escalate_at) WHERE escalate_at IS NOT NULL;

-- Of who is asked and can no longer answer, the team was told then.
ALTER TABLE approval_people ADD COLUMN gone_at BIGINT;

-- A draft is due so many working days after it is sent.
ALTER TABLE approvals ADD COLUMN due_in BIGINT NOT NULL DEFAULT 0;
