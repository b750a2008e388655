import type { RuleId } from './rules.js';
import type { PublicApi, Scenario } from './scenario.js';
import { AFTERWARDS } from './scenario.js';
import type { ConformanceWarehouse } from './warehouse.js';

/** What became of one check. */
export interface CheckResult {
  readonly scenario: string;
  readonly says: string;
  readonly rules: readonly RuleId[];
  /** Null when it holds, else what was seen and what was wanted. */
  readonly failure: string | null;
}

/** Plays the scenarios one after the other on one database and settles what is left. */
export async function playAll(warehouse: ConformanceWarehouse, scenarios: readonly Scenario[]): Promise<void> {
  for (const scenario of scenarios) await warehouse.play(scenario);
  await warehouse.settle(AFTERWARDS);
}

/** Asks everything the scenarios say; a check that fails does not keep the others from being asked. */
export async function askAll(api: PublicApi, scenarios: readonly Scenario[]): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { name, checks } of scenarios) {
    for (const { says, rules, run } of checks) {
      results.push({ scenario: name, says, rules, failure: await failureOf(() => run(api)) });
    }
  }
  return results;
}

export async function failureOf(run: () => Promise<void>): Promise<string | null> {
  try {
    await run();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
