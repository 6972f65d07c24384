import type { Pool } from 'pg';

// Truncating every table costs as much as a whole sequence, as these hold a few rows each. Those that only grow refuse to be deleted from.
const EMPTY = `
do $$
declare item record;
begin
  for item in select c.oid::regclass as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname not in ('_prisma_migrations', 'system', 'feed', 'decision', 'audit_entry', 'inbox_event')
  loop
    execute format('delete from %s', item.name);
  end loop;
  truncate decision, audit_entry, inbox_event;
  update feed set head = 0, audit_head = 0, audit_hash = repeat('0', 64);
end $$`;

/** Forget every record, decision and change; the feed begins again. */
export async function emptyStore(pool: Pool): Promise<void> {
  await pool.query(EMPTY);
}
