-- Pairs that are nothing to each other are no longer kept; those of before would become questions until their rematch.
delete from match_score where outcome = 'NO_MATCH';
alter table match_score drop constraint match_score_outcome_check,
  add constraint match_score_outcome_check check (outcome in ('MATCH', 'POSSIBLE_MATCH'));
