import { proveParity } from './parity.js';
import { askAll, type CheckResult, playAll } from './run.js';
import { SCENARIOS } from './scenarios/all.js';
import type { ConformanceWarehouse } from './warehouse.js';

/** Plays every scenario on an empty, migrated database and answers what became of every check. */
export async function checkConformance(warehouse: ConformanceWarehouse): Promise<readonly CheckResult[]> {
  await playAll(warehouse, SCENARIOS);
  return [...(await askAll(warehouse.api, SCENARIOS)), ...(await proveParity(warehouse, SCENARIOS))];
}
