import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../golden-records/transaction.js';

/** Writes golden records and their changes as the core does: `seq` drawn while the row is locked, one transaction each. */
export interface ChangeWriter {
  create(entityType?: string): Promise<string>;
  update(id: string, entityType?: string): Promise<void>;
  merge(id: string, into: string, entityType?: string): Promise<void>;
}

export function changeWriter(db: Db): ChangeWriter {
  return {
    create: async (entityType = 'supplier') => {
      const id = uuidv7();
      await db.pool.query(
        `with g as (
           insert into golden_record (id, entity_type, state, version, attributes, provenance, members, anchor_id, rules_version, operation_id, created_at, valid_from)
           values ($1, $2, 'ACTIVE', 1, '{"name": "made"}', '{}', '{}', $1, 'test', $1, now(), now()) returning id)
         insert into change (entity_type, golden_id, version, kind, attributes, operation_id, at)
         select $2, id, 1, 'CREATED', '{name}', id, now() from g`,
        [id, entityType],
      );
      return id;
    },
    update: async (id, entityType = 'supplier') => {
      await db.pool.query(
        `with g as (
           update golden_record set version = version + 1, valid_from = now(),
             attributes = jsonb_build_object('name', 'version ' || (version + 1)) where id = $1 and entity_type = $2 returning version)
         insert into change (entity_type, golden_id, version, kind, attributes, operation_id, at)
         select $2, $1, version, 'UPDATED', '{name}', $1, now() from g`,
        [id, entityType],
      );
    },
    merge: async (id, into, entityType = 'supplier') => {
      await db.pool.query(
        `with g as (
           update golden_record set version = version + 1, state = 'MERGED', merged_into_id = $2 where id = $1 and entity_type = $3 returning version)
         insert into change (entity_type, golden_id, version, kind, attributes, operation_id, at)
         select $3, $1, version, 'MERGED', '{}', $1, now() from g`,
        [id, into, entityType],
      );
    },
  };
}
