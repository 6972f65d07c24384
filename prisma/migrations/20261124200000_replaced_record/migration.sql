-- A record that a system deleted and replaced by others: which of them takes its place is a question.
alter table steward_task drop constraint steward_task_kind_check;
alter table steward_task add constraint steward_task_kind_check check (kind in ('POSSIBLE_MATCH', 'POSSIBLE_DUPLICATE',
  'QUESTIONED_MERGE', 'REJECTED_RECORD', 'OWNERSHIP_CONFLICT', 'EXCEPTION', 'DEAD_LETTER', 'MASS_DELETE', 'SCHEMA_DRIFT',
  'UNKNOWN_CODE', 'REPLACED_RECORD'));
