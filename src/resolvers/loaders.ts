import DataLoader from 'dataloader';
import type { Orchestrator, PrismaClient } from '../warehouse/prisma/client.js';
import type { ApiContext } from './context.js';
import { MAX_PAGE_SIZE } from './page.js';
import { type ScoreAnswer, slaScores } from './scores.js';

/** Loads that fields of one request share: siblings asked for in one tick become one statement. */
export interface Loaders {
  /** By canonical address; null when no capability message ever named it. */
  readonly orchestrator: DataLoader<string, Orchestrator | null>;
  /** Score over the default range by canonical address; null when nothing was recorded. */
  readonly orchestratorScore: DataLoader<string, ScoreAnswer | null>;
}

export interface LoaderDependencies {
  readonly prisma: PrismaClient;
  readonly context: () => ApiContext;
}

/** Loaders of one request; `context` is asked for only when something is loaded. */
export function createLoaders({ prisma, context }: LoaderDependencies): Loaders {
  return {
    orchestratorScore: new DataLoader(
      async (addresses) => {
        const answer = await slaScores(context(), {
          groupBy: ['ORCHESTRATOR'],
          where: { orchestrators: addresses },
          first: addresses.length,
        });
        const byAddress = new Map(answer.edges.map(({ node }) => [node.grain.ORCHESTRATOR, node.sums]));
        return addresses.map((address) => byAddress.get(address) ?? null);
      },
      { maxBatchSize: MAX_PAGE_SIZE },
    ),
    orchestrator: new DataLoader(async (addresses) => {
      const rows = await prisma.orchestrator.findMany({ where: { id: { in: [...addresses] } } });
      const byId = new Map(rows.map((row) => [row.id, row]));
      return addresses.map((address) => byId.get(address) ?? null);
    }),
  };
}
