import type { OdooHub } from './hub.js';
import { type Board, Dice, Erp, type Move, type Moves, move } from './moves.js';
import { partnerMoves } from './partner-moves.js';
import { productMoves } from './product-moves.js';
import type { OdooTarget } from './targets.js';
import { warehouseMoves } from './warehouse-moves.js';

/**
 * A random history of edits on both sides: what people do in Odoo, what another system says, and the hub pulling and
 * delivering in between, never in step.
 */
export interface Script {
  run(steps: number): Promise<void>;
  /** What was done, for the message of a failure. */
  readonly log: readonly string[];
  /** What only a sweep can find. */
  readonly untold: ReadonlySet<string>;
}

export async function scriptOf(seed: number, odoo: OdooTarget, at: OdooHub): Promise<Script> {
  const board: Board = { admin: odoo.client('admin'), at, dice: new Dice(seed), erp: new Erp(at), untold: new Set() };
  const moves: Moves = {
    ...partnerMoves(board),
    ...(await productMoves(board)),
    ...warehouseMoves(board),
    ...hubMoves(odoo, at),
  };
  const log: string[] = [];
  const play = async (name: string, { play }: Move) => {
    const told = await play();
    if (told !== undefined) log.push(`${name} ${told}`);
  };
  const FIRST = ['odooCreatesPartner', 'erpCreatesSupplier', 'odooCreatesProduct', 'erpCreatesItem'];
  return {
    log,
    untold: board.untold,
    async run(count) {
      for (const name of FIRST) await play(name, moves[name] as Move);
      const choose = chooser(moves, board.dice);
      for (let nth = 0; nth < count; nth++) await play(...choose());
    },
  };
}

const hubMoves = (odoo: OdooTarget, at: OdooHub): Moves => ({
  pulls: move(4, async () => String(await at.pull())),
  delivers: move(4, async () => String((await at.deliver()).length)),
  sweeps: move(0.5, async () => {
    await at.sweep();
    return '';
  }),
  // Longer than pulls look back, so that nothing is seen again by chance; for real it would be waited for.
  timePasses: move(odoo.imitation ? 4 : 0, async () => {
    await odoo.pass(PASSING_MS);
    return '';
  }),
});
const PASSING_MS = 4 * 60_000;

/** As often as they weigh. */
function chooser(moves: Moves, dice: Dice): () => [string, Move] {
  const all = Object.entries(moves);
  const total = all.reduce((sum, [, { weight }]) => sum + weight, 0);
  return () => {
    let left = dice.next() * total;
    for (const one of all) {
      left -= one[1].weight;
      if (left < 0) return one;
    }
    return all[0] as [string, Move];
  };
}
