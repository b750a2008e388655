import { readReleaseRollups } from '../../src/warehouse/rollup-release.js';
import type { SqlSession } from '../../src/warehouse/sql-session.js';
import { published, recount } from '../db/warehouse/rollup-truth.js';
import { type Recount, recountCore } from './core-recount.js';
import { recountFacts } from './raw-recount.js';

export const LAYERS = ['raw events → facts', 'facts → core', 'core → rollups', 'rollups → api'] as const;
export type Layer = (typeof LAYERS)[number];

/** A layer against a recount of the one before; no differences: every row is what it should be. */
export interface LayerReport {
  readonly layer: Layer;
  /** Rows compared. */
  readonly rowCount: number;
  /** Rows that are missing, left over or otherwise, a few of them. */
  readonly differences: readonly string[];
}

const SHOWN = 5;

/**
 * Each layer held against naive sums over the layer before it, so that a wrong number names where it went wrong
 * [PARITY-002]. The queues must be drained.
 */
export async function recountLayers(session: SqlSession): Promise<readonly LayerReport[]> {
  const [facts, core, rollups, api] = LAYERS;
  const rollupRecounts: Recount[] = [];
  const apiRecounts: Recount[] = [];
  for (const rollup of await readReleaseRollups()) {
    const fresh = linesOf(await published(session, rollup, `rollup.${rollup.name}_fresh`));
    rollupRecounts.push({ what: rollup.name, wanted: linesOf(await recount(session, rollup)), seen: fresh });
    apiRecounts.push({ what: rollup.name, wanted: fresh, seen: linesOf(await published(session, rollup)) });
  }
  return [
    report(facts, [{ what: 'typed rows', ...(await recountFacts(session)) }]),
    report(core, await recountCore(session)),
    report(rollups, rollupRecounts),
    report(api, apiRecounts),
  ];
}

function report(layer: Layer, recounts: readonly Recount[]): LayerReport {
  return {
    layer,
    rowCount: recounts.reduce((sum, { wanted }) => sum + wanted.length, 0),
    differences: recounts.flatMap(differencesOf),
  };
}

function differencesOf({ what, wanted, seen }: Recount): readonly string[] {
  const without = (rows: readonly string[], others: readonly string[]): readonly string[] => {
    const known = new Set(others);
    return rows.filter((row) => !known.has(row)).slice(0, SHOWN);
  };
  const unequal = [
    ...without(wanted, seen).map((row) => `${what}: missing ${row}`),
    ...without(seen, wanted).map((row) => `${what}: left over ${row}`),
  ];
  if (unequal.length > 0 || wanted.length === seen.length) return unequal;
  return [`${what}: ${seen.length} rows, wanted ${wanted.length}: some are there twice`];
}

function linesOf(rows: readonly unknown[]): readonly string[] {
  return rows.map((row) => JSON.stringify(row));
}
