import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DemoFile } from './file.js';
import { Random } from './random.js';
import { erpFiles } from './systems/erp.js';
import { inventoryFiles } from './systems/inventory.js';
import { portalFiles } from './systems/portal.js';
import { procurementFiles } from './systems/procurement.js';
import { makeWorld } from './world.js';

export interface DemoOptions {
  /** Folder that the files are written to; made when it isn't there. */
  readonly dir: string;
  /** The same seed and scale give the same bytes. */
  readonly seed: number;
  /** 1: 400 suppliers and 1,500 items, some 6,000 records. Default 1. */
  readonly scale?: number;
}

/** A file of the demo on disk. */
export interface WrittenFile {
  readonly path: string;
  readonly name: string;
  readonly system: string;
  readonly entityType: string;
  readonly records: number;
}

/**
 * Write the demo: four systems of one hospital group that disagree about their suppliers, items, warehouses and
 * business units. The files come back in the order in which they are to be imported: references before what they
 * refer to, and each system's corrections after its first word.
 */
export async function generateDemo(options: DemoOptions): Promise<WrittenFile[]> {
  await mkdir(options.dir, { recursive: true });
  const files = demoFiles(options);
  for (const { name, content, writtenAt } of files) {
    const path = join(options.dir, name);
    await writeFile(path, content);
    // A system that dates nothing is dated by its file.
    await utimes(path, new Date(writtenAt), new Date(writtenAt));
  }
  return files.map(({ name, system, entityType, records }) => ({
    path: join(options.dir, name),
    name,
    system,
    entityType,
    records,
  }));
}

/** The files of the demo, in memory. */
export function demoFiles(options: Pick<DemoOptions, 'seed' | 'scale'>): DemoFile[] {
  const { world, random } = demoWorld(options);
  const files = [
    ...erpFiles(world, random.fork('erp')),
    ...procurementFiles(world, random.fork('procurement')),
    ...inventoryFiles(world, random.fork('inventory')),
    ...portalFiles(world, random.fork('portal')),
  ];
  const isLater = ({ name }: DemoFile) => /-2\.\w+$/.test(name);
  return [...files.filter((file) => !isLater(file)), ...files.filter(isLater)];
}

/** What is really so in the demo, and the chance by which each system knows it. */
export function demoWorld({ seed, scale = 1 }: Pick<DemoOptions, 'seed' | 'scale'>) {
  const random = new Random(`concord/${seed}`);
  const size = { suppliers: Math.max(20, Math.round(400 * scale)), items: Math.max(60, Math.round(1500 * scale)) };
  return { world: makeWorld(random, size), random };
}
