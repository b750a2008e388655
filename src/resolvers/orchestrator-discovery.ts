import type { ApiContext } from './context.js';
import { DISCOVERY, type DiscoverySums } from './discovery.js';
import { allGroups, fillBuckets, once, openBuckets, type Point } from './grouped-answer.js';
import type { RangeRequest, UsedRange } from './range.js';

export type OrchestratorDiscoveryArgs = RangeRequest;

/** How gateways found one orchestrator. */
export interface OrchestratorDiscovery {
  readonly range: UsedRange;
  /** null when it was not found in the range. */
  readonly sums: DiscoverySums | null;
  /** Every bucket of the range in order. */
  readonly points: () => Promise<readonly Point<DiscoverySums>[]>;
}

/** How gateways found some orchestrators, in their order: one statement, and one more for the series of all of them. */
export async function orchestratorDiscovery(
  context: ApiContext,
  addresses: readonly string[],
  args: OrchestratorDiscoveryArgs,
): Promise<readonly OrchestratorDiscovery[]> {
  const question = { ...args, groupBy: ['ORCHESTRATOR' as const], where: { orchestrators: addresses } };
  const { range, groups } = await allGroups(context, DISCOVERY, question);
  const byAddress = new Map(groups.map(({ grain, sums }) => [grain.ORCHESTRATOR, sums]));
  const rows = once(async () => (await openBuckets(context, DISCOVERY, question)).read(range));
  return addresses.map((address) => ({
    range,
    sums: byAddress.get(address) ?? null,
    points: async () =>
      fillBuckets(
        range,
        (await rows()).filter(({ grain }) => grain.ORCHESTRATOR === address),
      ),
  }));
}
