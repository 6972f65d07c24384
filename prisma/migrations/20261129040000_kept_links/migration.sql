-- KEPT: linked, though nothing but that the hub keeps the two in agreement holds them together.
alter table match_score drop constraint match_score_outcome_check,
  add constraint match_score_outcome_check check (outcome in ('MATCH', 'POSSIBLE_MATCH', 'KEPT'));
