-- A delivery waits for a golden record by its type and id, as these are looked for together.
update delivery d set waits_for = 'golden:' || g.entity_type || ':' || g.id from golden_record g
  where d.waits_for like 'golden:%' and d.waits_for = 'golden:' || g.id;
