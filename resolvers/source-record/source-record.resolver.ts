import { sourceRecordByKey } from '../../golden-records/read/index.js';
import { type Constructor, ResolverClass } from '../declare.js';
import { EntityType } from '../golden-record/golden-record.type.js';
import { scopeOf } from '../golden-record/scope.js';
import { sourceRoot } from '../roots.js';
import { SourceRecord } from './source-record.type.js';

export const SOURCE_RECORD_QUERIES: Constructor = new ResolverClass('SourceRecordQueries').query<{
  system: string;
  scope?: string | null;
  entityType: string;
  id: string;
}>(
  'sourceRecord',
  {
    type: () => SourceRecord,
    needs: 'readGolden',
    description: 'One record as a system holds it; also one that is held back and has no golden record.',
    arguments: [
      { name: 'system', type: () => String, nullable: false, description: 'Code of the system.' },
      { name: 'scope', type: () => String, description: 'Scope within the system; needed when it has several.' },
      { name: 'entityType', type: () => EntityType, nullable: false, description: 'What it describes.' },
      { name: 'id', type: () => String, nullable: false, description: "The system's own id." },
    ],
  },
  async (_, { db }, { system, scope, entityType, id }) => {
    const row = await sourceRecordByKey(db, {
      entityType,
      system,
      scope: scopeOf(db.model, system, scope),
      externalId: id,
    });
    return row && sourceRoot(row);
  },
).target;
