-- KEPT: linked, though nothing but that the hub keeps the two in agreement holds them together.
alter table match_score drop constraint match_score_outcome_check,
  add constraint match_score_outcome_check check (outcome in ('MATCH', 'POSSIBLE_MATCH', 'KEPT'));

-- Other words than the owner's are seen in lists, and in values by business unit, too: what stands is looked at anew.
insert into recompute_request (entity_type, golden_id, operation_id, requested_at)
  select entity_type, id, gen_random_uuid(), now() from golden_record where state <> 'MERGED' on conflict do nothing;
