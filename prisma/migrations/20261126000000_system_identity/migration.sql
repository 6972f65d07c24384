-- Which installation the cursors and links of a system came from; null: none has answered since.
alter table sync_system add column identity text;
