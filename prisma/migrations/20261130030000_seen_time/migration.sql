-- The time that a record was given by its system without being another one (a bill was posted, nothing that is read changed): it
-- need not be read again by every sweep. It holds for the content that was seen with it, and is no testimony.
alter table source_record add column seen_time timestamptz(3), add column seen_hash text;
