-- What may not be deleted row by row is not emptied at once either.
CREATE TRIGGER events_whole BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change();
CREATE TRIGGER approval_decisions_whole BEFORE TRUNCATE ON approval_decisions FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change();
CREATE TRIGGER approval_verdicts_whole BEFORE TRUNCATE ON approval_verdicts FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change();
CREATE TRIGGER approval_call_changes_whole BEFORE TRUNCATE ON approval_call_changes FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change();
CREATE TRIGGER signoff_lines_whole BEFORE TRUNCATE ON signoff_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change();
CREATE TRIGGER daily_heads_whole BEFORE TRUNCATE ON daily_heads FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change();
CREATE TRIGGER chain_heads_whole BEFORE TRUNCATE ON chain_heads FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change();
CREATE TRIGGER approval_calls_whole BEFORE TRUNCATE ON approval_calls FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change();
CREATE TRIGGER certificates_whole BEFORE TRUNCATE ON certificates FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change();
CREATE TRIGGER signoffs_whole BEFORE TRUNCATE ON signoffs FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change();
