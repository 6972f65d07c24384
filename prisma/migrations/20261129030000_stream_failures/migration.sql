-- A stream is pulled every second and swept every day: what a sweep or the first load failed with is kept until those work again.
alter table sync_stream add column sweep_failures integer not null default 0;
alter table sync_stream add column sweep_error jsonb;
alter table sync_stream add column load_error jsonb;
