import DataLoader from 'dataloader';
import { groupBy } from '../domain/group-by.js';
import type { Orchestrator, PrismaClient, Session } from '../warehouse/prisma/client.js';
import { type IngestSums, readIngestOfSessions } from '../warehouse/readers/ingest-quality-reader.js';
import { type JobDecision, readJobDecisions } from '../warehouse/readers/listed-jobs-reader.js';
import { type ListedPayment, readPaymentsOfSessions } from '../warehouse/readers/listed-payments-reader.js';
import { readSnapshotMaxAgeMs } from '../warehouse/readers/policy-reader.js';
import { countSampledGpus } from '../warehouse/readers/sampled-gpu-reader.js';
import { type BatchedListLoaders, createBatchedListLoaders } from './batched-lists.js';
import { type CapabilityReportLoaders, createCapabilityReportLoaders } from './capability-reports.js';
import type { ApiContext } from './context.js';
import { type ContributionLoaders, createContributionLoaders } from './contributions.js';
import { createEventSourceLoaders, type EventSourceLoaders } from './event-sources.js';
import { type GatewayDemand, type GatewayDemandArgs, type GatewayName, gatewayDemand } from './gateway-demand.js';
import { once } from './grouped-answer.js';
import { readLiveNow } from './live-sessions.js';
import {
  type OrchestratorDiscovery,
  type OrchestratorDiscoveryArgs,
  orchestratorDiscovery,
} from './orchestrator-discovery.js';
import { MAX_PAGE_SIZE } from './page.js';
import type { ScoreAnswer } from './score-answer.js';
import { slaScores } from './scores.js';

/** Loads that fields of one request share: siblings asked for in one tick become one statement. */
export interface Loaders {
  /** By public id; null when there is none. */
  readonly session: DataLoader<string, Session | null>;
  /** Every decision about a job by its public id. */
  readonly jobDecisions: DataLoader<string, readonly JobDecision[]>;
  /** The newest payments of a session by its public id, at most 100. */
  readonly sessionPayments: DataLoader<string, readonly ListedPayment[]>;
  /** Quality of a session's ingest by its public id; null without a sample. */
  readonly sessionIngest: DataLoader<string, IngestSums | null>;
  /** By canonical address; null when no capability message ever named it. */
  readonly orchestrator: DataLoader<string, Orchestrator | null>;
  /** Score over the default range by canonical address; null when nothing was recorded. */
  readonly orchestratorScore: DataLoader<string, ScoreAnswer | null>;
  /** GPUs of an orchestrator that only samples name, by canonical address. */
  readonly sampledGpuCount: DataLoader<string, number>;
  /** How gateways found orchestrators, by canonical address; one statement for each set of arguments. */
  readonly orchestratorDiscovery: (address: string, args: OrchestratorDiscoveryArgs) => Promise<OrchestratorDiscovery>;
  /** Demand of gateways, one statement for each set of arguments. */
  readonly gatewayDemand: (gateway: GatewayName, args: GatewayDemandArgs) => Promise<GatewayDemand>;
  /** Live sessions of a gateway, test traffic left out. */
  readonly gatewayStreams: DataLoader<GatewayName, number, string>;
  /** Live sessions of an orchestrator on a pipeline and model, test traffic left out. */
  readonly offerStreams: DataLoader<OfferName, number, string>;
  /** How long a capability report stands for now. */
  readonly snapshotMaxAgeMs: () => Promise<number>;
  readonly contributions: ContributionLoaders;
  readonly eventSources: EventSourceLoaders;
  readonly lists: BatchedListLoaders;
  readonly capabilityReports: CapabilityReportLoaders;
}

/** An offer's place: orchestrator, pipeline and model. */
export interface OfferName {
  readonly orchestratorId: string;
  readonly pipeline: string;
  readonly model: string;
}

export interface LoaderDependencies {
  readonly db: ApiContext['db'];
  readonly prisma: PrismaClient;
  readonly context: () => ApiContext;
}

/** Loaders of one request; `context` is asked for only when something is loaded. */
export function createLoaders({ db, prisma, context }: LoaderDependencies): Loaders {
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
    gatewayDemand: loadGatewayDemand(context),
    orchestratorDiscovery: loadOrchestratorDiscovery(context),
    sampledGpuCount: new DataLoader(async (addresses) => {
      const counts = await countSampledGpus(context().db, addresses);
      return addresses.map((address) => counts.get(address) ?? 0);
    }),
    gatewayStreams: new DataLoader(
      async (names) => {
        const rows = await readLiveNow(context(), ['ORG', 'GATEWAY'], {
          GATEWAY: distinct(names, ({ gateway }) => gateway),
        });
        const byName = new Map(rows.map(({ grain, recentCount }) => [`${grain.ORG}/${grain.GATEWAY}`, recentCount]));
        return names.map(({ org, gateway }) => byName.get(`${org}/${gateway}`) ?? 0);
      },
      { cacheKeyFn: ({ org, gateway }) => `${org}/${gateway}` },
    ),
    offerStreams: new DataLoader(
      async (names) => {
        const rows = await readLiveNow(context(), ['ORCHESTRATOR', 'PIPELINE', 'MODEL'], {
          ORCHESTRATOR: distinct(names, ({ orchestratorId }) => orchestratorId),
        });
        const byName = new Map<string, number>();
        for (const { grain, recentCount } of rows) {
          const name = JSON.stringify([grain.ORCHESTRATOR, grain.PIPELINE, grain.MODEL]);
          byName.set(name, (byName.get(name) ?? 0) + recentCount);
        }
        return names.map((name) => byName.get(offerText(name)) ?? 0);
      },
      { cacheKeyFn: offerText },
    ),
    snapshotMaxAgeMs: once(() => readSnapshotMaxAgeMs(context().db)),
    contributions: createContributionLoaders(db, context),
    eventSources: createEventSourceLoaders(db),
    lists: createBatchedListLoaders(db),
    capabilityReports: createCapabilityReportLoaders(db),
    session: new DataLoader(async (ids) => {
      const rows = await prisma.session.findMany({ where: { id: { in: [...ids] } } });
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id) ?? null);
    }),
    jobDecisions: new DataLoader(async (ids) => {
      const byJob = groupBy(await readJobDecisions(context().db, ids), ({ jobId }) => jobId);
      return ids.map((id) => byJob.get(id) ?? []);
    }),
    sessionPayments: new DataLoader(
      async (ids) => {
        const rows = await readPaymentsOfSessions(context().db, ids, MAX_PAGE_SIZE);
        const bySession = groupBy(rows, ({ sessionId }) => sessionId ?? '');
        return ids.map((id) => bySession.get(id) ?? []);
      },
      { maxBatchSize: MAX_PAGE_SIZE },
    ),
    sessionIngest: new DataLoader(
      async (ids) => {
        const bySession = await readIngestOfSessions(context().db, ids);
        return ids.map((id) => bySession.get(id) ?? null);
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

function loadGatewayDemand(context: () => ApiContext): Loaders['gatewayDemand'] {
  const byArguments = new Map<string, DataLoader<GatewayName, GatewayDemand, string>>();
  return (gateway, { range, bucket, synthetic }) => {
    const args: GatewayDemandArgs = { range, bucket, synthetic };
    const text = JSON.stringify(args);
    const loader =
      byArguments.get(text) ??
      new DataLoader((gateways) => gatewayDemand(context(), gateways, args), {
        cacheKeyFn: ({ org, gateway: name }: GatewayName) => `${org}/${name}`,
      });
    byArguments.set(text, loader);
    return loader.load(gateway);
  };
}

function loadOrchestratorDiscovery(context: () => ApiContext): Loaders['orchestratorDiscovery'] {
  const byArguments = new Map<string, DataLoader<string, OrchestratorDiscovery>>();
  return (address, { range, bucket }) => {
    const args: OrchestratorDiscoveryArgs = { range, bucket };
    const text = JSON.stringify(args);
    const loader =
      byArguments.get(text) ??
      new DataLoader((addresses) => orchestratorDiscovery(context(), addresses, args), {
        maxBatchSize: MAX_PAGE_SIZE,
      });
    byArguments.set(text, loader);
    return loader.load(address);
  };
}

function offerText({ orchestratorId, pipeline, model }: OfferName): string {
  return JSON.stringify([orchestratorId, pipeline, model]);
}

function distinct<Name>(names: readonly Name[], of: (name: Name) => string): readonly string[] {
  return [...new Set(names.map(of))];
}
