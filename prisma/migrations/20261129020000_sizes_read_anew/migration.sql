-- Sizes, strengths and packs in titles are read otherwise than before: what is kept of records for comparing is made anew, of
-- types of one's own as well. Where a rematch of all of a type waits already, it does that.
insert into job (id, kind, entity_type, state, input, step, place, done, result, actor_kind, actor_id, actor_name, reason,
    correlation_id, cancel_requested, created_at)
  select gen_random_uuid(), 'REMATCH', entity_type, 'QUEUED', '{"slice": {}, "dryRun": false}', 'keys', '{}', 0, '{}', 'SYSTEM',
    'migration', 'Concord', 'sizes are read', 'migration-sizes-read-anew', false, now()
  from (select distinct entity_type from source_record where match_features is not null) present
  where not exists (select from job waiting where waiting.kind = 'REMATCH' and waiting.entity_type = present.entity_type
    and waiting.state = 'QUEUED' and waiting.step = 'keys' and waiting.input @> '{"dryRun": false}' and waiting.input->'slice' = '{}');
