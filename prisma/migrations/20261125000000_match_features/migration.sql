-- What of a record is compared stands with the record, so that candidates are compared without being normalised again.
alter table source_record add column match_features jsonb, add column match_keys bigint[] not null default '{}';

-- Keys are numbers: an index entry of 24 bytes instead of the text. Which ones a record has, the record says.
drop table match_key;
create table match_key (
  key bigint not null,
  source_record_id uuid not null,
  primary key (key, source_record_id)
);

-- Records that came before have neither: a rematch of each type gives them both.
insert into job (id, kind, entity_type, state, input, step, place, done, result, actor_kind, actor_id, actor_name, reason,
    correlation_id, cancel_requested, created_at)
  select gen_random_uuid(), 'REMATCH', entity_type, 'QUEUED', '{"slice": {}, "dryRun": false}', 'keys', '{}', 0, '{}', 'SYSTEM',
    'migration', 'Concord', 'another way of matching', 'migration-match-features', false, now()
  from (select distinct entity_type from source_record) present;
