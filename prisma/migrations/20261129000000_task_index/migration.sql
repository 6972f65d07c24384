-- Each batch asks which open questions name its golden records. A list of entries still to be indexed, which GIN keeps by
-- default, is read from end to end for each of them: tasks are few, and go into the index at once.
alter index steward_task_golden_ids_idx set (fastupdate = off);
alter index steward_task_source_ids_idx set (fastupdate = off);
select gin_clean_pending_list('steward_task_golden_ids_idx'), gin_clean_pending_list('steward_task_source_ids_idx');
