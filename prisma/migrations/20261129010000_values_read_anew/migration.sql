-- Phones with extensions, names that a company also goes by, sizes and packs are read otherwise than before: what is kept of
-- records for comparing is made anew. Where there is nothing kept yet, a rematch waits already.
insert into job (id, kind, entity_type, state, input, step, place, done, result, actor_kind, actor_id, actor_name, reason,
    correlation_id, cancel_requested, created_at)
  select gen_random_uuid(), 'REMATCH', entity_type, 'QUEUED', '{"slice": {}, "dryRun": false}', 'keys', '{}', 0, '{}', 'SYSTEM',
    'migration', 'Concord', 'values are read otherwise', 'migration-values-read-anew', false, now()
  from (select distinct entity_type from source_record where match_features is not null) present;
