-- The state first: an index that only ends in it was taken for looking up external ids, each time over the whole scope.
drop index target_state_system_scope_entity_type_state_idx;
create index target_state_state_system_scope_entity_type_idx on target_state (state, system, scope, entity_type);
