import { known, METRIC, missing, rangeOf, same } from '../expectation.js';
import { createScribe, elementOf, type Message, orchestratorOf } from '../messages.js';
import type { Scenario } from '../scenario.js';

const DAY = '2026-03-11';
const scribe = createScribe('stylists', DAY);
const zack = orchestratorOf('zack');
const zoe = orchestratorOf('zoe');

const auth = (time: string, capability: string, fields: object): Message =>
  scribe.message('job_auth', time, { type: 'job_auth', capability, ...fields });

function worker(time: string, capability: string, models: readonly string[], fields: object): Message {
  const worker_options = models.map((model) => ({ model }));
  return scribe.message('worker_lifecycle', time, { type: 'worker_registered', capability, worker_options, ...fields });
}

const granted = auth('09:00:00', 'Text-To-Image', { success: true, orch_url: zack.url });
const cheap = worker('09:02:00', 'stylise', ['sketch'], { price_per_unit: '10', orch_url: zack.url });

const AUTH = `eventCount successCount failedCount successRatio ${METRIC}`;
const WORKERS = `eventCount averagePricePerUnitWei ${METRIC}`;
const SOURCE = 'event { source { topic partition offset } }';
const RANGE = rangeOf(DAY);

interface Group {
  readonly node: Readonly<Record<string, unknown>>;
}
interface Point {
  readonly start: string;
  readonly metrics: object | null;
}
const nodesOf = ({ edges }: { readonly edges: readonly Group[] }) => edges.map(({ node }) => node);
const bucketsOf = (points: readonly Point[]) =>
  points.flatMap(({ start, metrics }) => (metrics === null ? [] : [[start.slice(11, 13), metrics]]));

/** Who is let in to which capability, and what workers ask for it, over two hours. */
export const byocEvents: Scenario = {
  name: 'BYOC authorisations and workers by bucket',
  steps: [
    {
      send: [
        granted,
        auth('09:59:59.999', 'text-to-image', { success: false, error: 'expired' }),
        auth('10:00:00', 'stylise', { orch_address: zack.address }),
        auth('10:10:00', 'http://10.1.1.1/cap', { success: true }),
        cheap,
        worker('09:30:00', 'stylise', ['sketch', 'sketch'], { price_per_unit: '20.5', orch_address: zack.hotKey }),
        worker('10:20:00', 'stylise', ['sketch', 'oil'], { orch_url: zoe.url }),
        granted,
      ],
    },
    { settle: `${DAY}T12:00:00Z` },
    // both are known only now, zoe too late for her worker by a millisecond
    {
      send: [
        scribe.report('08:59:00', [elementOf(zack, {})]),
        scribe.report('10:20:30.001', [elementOf(zoe, {})]),
        cheap,
      ],
    },
    { settle: `${DAY}T12:10:00Z` },
  ],
  checks: [
    {
      rules: ['PARITY-001', 'AGGREGATE-004', 'AGGREGATE-006', 'LINEAGE-001'],
      says: '4 authorisations: 2 granted, 1 refused, 1 that does not say and is in no ratio; an hour and a capability at a time, a repeated message adding nothing',
      async run(api) {
        const { byocAuthMetrics } = await api.ask(`{ byocAuthMetrics(${RANGE}, bucket: HOUR_1, groupBy: [PIPELINE]) {
          total { ${AUTH} } points { start metrics { ${AUTH} } } edges { node { pipeline metrics { ${AUTH} } } } } }`);
        const figures = (eventCount: number, successCount: number, failedCount: number, ratio: object) => ({
          ...{ eventCount, successCount, failedCount },
          successRatio: ratio,
        });
        same(byocAuthMetrics.total, figures(4, 2, 1, known(2 / 3, 3)));
        same(bucketsOf(byocAuthMetrics.points), [
          ['09', figures(2, 1, 1, known(0.5, 2))],
          ['10', figures(2, 1, 0, known(1, 1))],
        ]);
        const [first, ...others] = nodesOf(byocAuthMetrics);
        same(first, { pipeline: 'text-to-image', metrics: figures(2, 1, 1, known(0.5, 2)) });
        same(
          others.sort((a) => (a.pipeline === null ? -1 : 1)),
          [
            { pipeline: null, metrics: figures(1, 1, 0, known(1, 1)) },
            { pipeline: 'stylise', metrics: figures(1, 0, 0, missing()) },
          ],
        );
      },
    },
    {
      rules: ['PARITY-001', 'AGGREGATE-006', 'ATTRIBUTION-002'],
      says: 'workers by capability and the one model they offer; several are none; the mean price is over those that say one, at any grain',
      async run(api) {
        const { byocWorkerMetrics } = await api.ask(`{
          byocWorkerMetrics(${RANGE}, bucket: DAY_1, groupBy: [PIPELINE, MODEL]) {
            total { ${WORKERS} } edges { node { pipeline model metrics { ${WORKERS} } } } } }`);
        same(byocWorkerMetrics.total, { eventCount: 3, averagePricePerUnitWei: known(15.25, 2) });
        same(nodesOf(byocWorkerMetrics), [
          {
            ...{ pipeline: 'stylise', model: 'sketch' },
            metrics: { eventCount: 2, averagePricePerUnitWei: known(15.25, 2) },
          },
          { ...{ pipeline: 'stylise', model: null }, metrics: { eventCount: 1, averagePricePerUnitWei: missing() } },
        ]);
      },
    },
    {
      rules: ['ATTRIBUTION-001', 'FACT-002'],
      says: 'an orchestrator that is reported hours late has its messages, by URL, address or hot key; one first seen 30.001 s after a message does not',
      async run(api) {
        const groups = (field: string): string => `${field}(${RANGE}, groupBy: [GATEWAY, ORCHESTRATOR]) {
          edges { node { gateway orchestratorAddress metrics { eventCount } } } }`;
        const { byocAuthMetrics, byocWorkerMetrics } = await api.ask(
          `{ ${groups('byocAuthMetrics')} ${groups('byocWorkerMetrics')} }`,
        );
        const row = (orchestratorAddress: string | null, eventCount: number) => ({
          ...{ gateway: scribe.gateway, orchestratorAddress },
          metrics: { eventCount },
        });
        const knownFirst = (a: Readonly<Record<string, unknown>>) => (a.orchestratorAddress === null ? 1 : -1);
        same(nodesOf(byocAuthMetrics).sort(knownFirst), [row(zack.address, 2), row(null, 2)]);
        same(nodesOf(byocWorkerMetrics).sort(knownFirst), [row(zack.address, 2), row(null, 1)]);
      },
    },
    {
      rules: ['LINEAGE-002'],
      says: 'the events behind both numbers, oldest first, where each was read',
      async run(api) {
        const { byocAuthMetrics, byocWorkerMetrics } = await api.ask(`{
          byocAuthMetrics(${RANGE}, first: 5, groupBy: [PIPELINE]) {
            contributions(first: 5) { totalCount edges { node { isSuccess ${SOURCE} } } }
            edges { node { pipeline contributions(first: 5) { edges { node { pipeline } } } } } }
          byocWorkerMetrics(${RANGE}) { contributions(first: 5) { totalCount edges { node { pricePerUnitWei ${SOURCE} } } } } }`);
        const at = (offset: number) => ({ event: { source: { topic: byocEvents.name, partition: 0, offset } } });
        const { contributions: auths } = byocAuthMetrics;
        same([auths.totalCount, byocWorkerMetrics.contributions.totalCount], [4, 3]);
        same(nodesOf(auths), [
          { isSuccess: true, ...at(0) },
          { isSuccess: false, ...at(1) },
          { isSuccess: null, ...at(2) },
          { isSuccess: true, ...at(3) },
        ]);
        same(nodesOf(byocWorkerMetrics.contributions), [
          { pricePerUnitWei: '10', ...at(4) },
          { pricePerUnitWei: '20.5', ...at(5) },
          { pricePerUnitWei: null, ...at(6) },
        ]);
        for (const { pipeline, contributions } of byocAuthMetrics.edges.map(({ node }: Group) => node))
          for (const node of nodesOf(contributions)) same(node, { pipeline });
      },
    },
  ],
};
