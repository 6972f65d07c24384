-- Another time that a record was given by its system without being another one (a bill was posted, nothing that is read changed): it
-- need not be read again by every sweep. It holds for the content that was seen with it, and is no testimony.
alter table source_record add column seen_time timestamptz(3), add column seen_hash text;

-- Each batch of records that may take others' places looks whether a question about that was answered.
create index steward_task_replaced_idx on steward_task (entity_type) where kind = 'REPLACED_RECORD' and open_key is not null;
