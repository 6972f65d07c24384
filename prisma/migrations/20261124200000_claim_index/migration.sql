-- A claim takes from the head of one entity type and scope: with these in the index, in its order, it reads what it takes. The
-- other index with the state goes: with both, and statistics from when the queue was short, a claim read and sorted the whole
-- queue. Dead letters, which are few, and the counts of the queues are found by the first columns.
create index delivery_state_system_lane_scope_entity_type_due_at_link_id_idx
  on delivery (state, system, lane, scope, entity_type, due_at, link_id);
drop index delivery_system_lane_state_due_at_idx;
drop index delivery_state_system_finished_at_idx;
