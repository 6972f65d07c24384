// Prisma's schema engine as WebAssembly: the only way to ask it anything where its native binary cannot be downloaded.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

const CHAR = 18;
const TEXT = 25;
const charColumns = new WeakMap();

/**
 * The engine reads single characters (`"char"`) from the catalog, which the adapter refuses. They pass it as text, and
 * regain their type behind it.
 */
class CatalogPool extends pg.Pool {
  async query(...args) {
    const result = await super.query(...args);
    const chars = (result.fields ?? []).filter(({ dataTypeID }) => dataTypeID === CHAR);
    charColumns.set(
      result.rows,
      chars.map((field) => result.fields.indexOf(field)),
    );
    for (const field of chars) field.dataTypeID = TEXT;
    return result;
  }
}

class CatalogAdapter extends PrismaPg {
  async connect() {
    const connection = await super.connect();
    const queryRaw = connection.queryRaw.bind(connection);
    connection.queryRaw = async (query) => {
      const result = await queryRaw(query);
      for (const index of charColumns.get(result.rows) ?? []) result.columnTypes[index] = ColumnTypeEnum.Character;
      return result;
    };
    return connection;
  }
}

/** The engine's time limit on its lock would hold the process for ten seconds after the work is done. */
function startTimer(callback, ms) {
  return setTimeout(callback, ms).unref();
}

let loading;

async function load() {
  const folder = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'));
  const bytes = readFileSync(join(folder, 'schema_engine_bg.wasm'));
  const timers = Object.keys(bindings).filter((name) => name.startsWith('__wbg_setTimeout_'));
  const imports = { ...bindings, ...Object.fromEntries(timers.map((name) => [name, startTimer])) };
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': imports });
  // Where the engine leaves the reason before it aborts.
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => process.stderr.write(`${message}\n`) };
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
}

/**
 * Let `work` use an engine on the database at `url`, for the data model in `schema` (the text of a schema.prisma).
 * All that the engine says about migrations holds for the public schema.
 */
export async function withSchemaEngine(url, schema, work) {
  loading ??= load();
  await loading;
  const pool = new CatalogPool({ connectionString: url, max: 2 });
  const adapter = bindMigrationAwareSqlAdapterFactory(new CatalogAdapter(pool));
  const engine = await bindings.SchemaEngine.new({ datamodels: [['schema.prisma', schema]] }, () => undefined, adapter);
  try {
    return await work(engine);
  } finally {
    engine.free();
    await pool.end();
  }
}

/** The SQL that leads from the database at `url` to `schema`; '' when they agree as far as Prisma can see. */
export function diffDatabase(url, schema) {
  const files = [{ path: 'schema.prisma', content: schema }];
  return withSchemaEngine(url, schema, async (engine) => {
    const { exitCode, stdout } = await engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: '.' },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: true,
      shadowDatabaseUrl: null,
      filters: { externalTables: [], externalEnums: [] },
    });
    return exitCode === 0 ? '' : stdout;
  });
}
