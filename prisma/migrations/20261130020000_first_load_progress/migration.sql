-- How far the first load of a stream is: records that it has brought, and how many there were when it began (null: unknown).
alter table sync_stream add column loaded bigint not null default 0, add column to_load bigint;
