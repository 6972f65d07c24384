import type { Db, Json } from '../../../golden-records/index.js';

/** What a hub says of its suppliers apart from ids and its own times: ids are told by the records that they stand for. */
export interface Portrait {
  readonly sources: readonly string[];
  readonly goldens: readonly Json[];
  readonly questions: readonly string[];
}

interface Row {
  id: string;
  members: string[];
  attributes: Json;
  provenance: Json;
  retired: boolean;
}

export async function portraitOf(db: Db, entityType = 'supplier'): Promise<Portrait> {
  const { rows: sources } = await db.pool.query<{ id: string; key: string; told: string }>(
    `select id, system || ':' || external_id as key, concat_ws(' ', system, external_id, state, content_hash, attributes,
       attribute_times, source_time at time zone 'utc', link_kind, match_weight) as told
     from source_record where entity_type = $1 order by 2`,
    [entityType],
  );
  const { rows: goldens } = await db.pool.query<Row>(
    `select id, members, attributes, provenance, state = 'RETIRED' as retired from golden_record
     where entity_type = $1 and state <> 'MERGED'`,
    [entityType],
  );
  const { rows: tasks } = await db.pool.query<{ kind: string; goldens: string[]; about: string | null }>(
    `select kind, golden_ids as goldens, details->>'attribute' as about from steward_task where open_key is not null`,
  );
  const keys = new Map(sources.map(({ id, key }) => [id, key]));
  const names = new Map<string, string>(keys);
  for (const { id, members } of goldens)
    names.set(
      id,
      members
        .map((member) => keys.get(member))
        .sort()
        .join('+'),
    );
  const told = (value: Json): Json =>
    JSON.parse(
      JSON.stringify(value).replaceAll(
        /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g,
        (id) => names.get(id) ?? 'nobody',
      ),
    );
  return {
    sources: sources.map((row) => row.told),
    goldens: goldens
      .map(
        ({ id, attributes, provenance, retired }): Json => ({
          who: names.get(id) ?? '',
          attributes: told(attributes),
          provenance: sortedSources(told(provenance)),
          retired,
        }),
      )
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    // Which of two is in doubt depends on who came first; that a person is asked about the two does not.
    questions: tasks
      .map(({ kind, goldens: ids, about }) =>
        [/^POSSIBLE/.test(kind) ? 'SAME?' : kind, ...ids.map((id) => names.get(id)).sort(), about ?? ''].join(' '),
      )
      .sort(),
  };
}

/** Contributors are listed by id. */
const sortedSources = (provenance: Json): Json =>
  Object.fromEntries(
    Object.entries(provenance as Record<string, { sources?: string[] }>).map(([name, { sources, ...rest }]) => [
      name,
      { ...rest, ...(sources ? { sources: [...sources].sort() } : {}) },
    ]),
  ) as Json;
