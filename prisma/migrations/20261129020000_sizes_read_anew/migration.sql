-- Sizes of items by letter, sides, sutures and materials are read now: what is kept of items for comparing is made anew. Where
-- a rematch of them waits already, it does that.
insert into job (id, kind, entity_type, state, input, step, place, done, result, actor_kind, actor_id, actor_name, reason,
    correlation_id, cancel_requested, created_at)
  select gen_random_uuid(), 'REMATCH', 'item', 'QUEUED', '{"slice": {}, "dryRun": false}', 'keys', '{}', 0, '{}', 'SYSTEM',
    'migration', 'Concord', 'sizes are read', 'migration-sizes-read-anew', false, now()
  where exists (select from source_record where entity_type = 'item' and match_features is not null)
    and not exists (select from job where kind = 'REMATCH' and entity_type = 'item' and state = 'QUEUED');
