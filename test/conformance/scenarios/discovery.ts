import { known, METRIC, missing, near, rangeOf, same } from '../expectation.js';
import { createScribe, elementOf, type Message, orchestratorOf } from '../messages.js';
import type { Scenario } from '../scenario.js';

const DAY = '2026-03-12';
const scribe = createScribe('discovery', DAY);
const tara = orchestratorOf('tara');
const uma = { ...orchestratorOf('uma'), hotKey: tara.hotKey };
const vera = orchestratorOf('vera');

interface Element {
  readonly url?: string;
  readonly address?: string;
  readonly latency_ms?: string;
}

const message = (time: string, elements: readonly Element[]): Message =>
  scribe.message('discovery_results', time, elements);
const found = ({ hotKey: address, url }: typeof tara, latency_ms: string): Element => ({ address, url, latency_ms });

const inFirstHour = message('09:10:00', [
  found(tara, '40'),
  found(uma, '100'),
  // a hot key of two: nobody's without a URL
  { address: tara.hotKey, latency_ms: '1' },
  found(vera, 'timeout'),
]);
const LATENCIES = `averageMs ${METRIC} p50Ms ${METRIC} p95Ms ${METRIC} p99Ms ${METRIC}`;
const FIGURES = `foundCount unknownOrchestratorCount unusableLatencyCount latency { ${LATENCIES} }`;

interface Group {
  readonly node: { readonly orchestratorAddress: string | null; readonly gateway: string; readonly metrics: Figures };
}
interface Figures {
  readonly foundCount: number;
  readonly latency: { readonly averageMs: { readonly value: number | null } };
}

/** Two gateways' worth of finds of three orchestrators, one of which reports itself an hour late. */
export const discovery: Scenario = {
  name: 'discovery latency',
  steps: [
    {
      send: [
        scribe.report('09:00:00', [elementOf(tara, {}), elementOf(uma, {})]),
        inFirstHour,
        message('09:59:59.999', [found(tara, '60'), found(uma, '-3')]),
        message('10:00:00', [found(tara, '0'), { url: tara.url.toUpperCase(), latency_ms: '20.5' }]),
        // said again: a duplicate
        inFirstHour,
      ],
    },
    { settle: `${DAY}T10:30:00Z` },
    { send: [scribe.report('09:10:30', [elementOf(vera, {})])] },
    { settle: `${DAY}T11:00:00Z` },
  ],
  checks: [
    {
      rules: ['PARITY-001', 'AGGREGATE-006', 'LINEAGE-001'],
      says: '8 finds in 3 messages: 1 of nobody, 2 without a usable latency; mean of 40, 100, 1, 60, 0 and 20.5',
      async run(api) {
        const { discoveryMetrics } = await api.ask(`{ discoveryMetrics(${rangeOf(DAY)}, bucket: DAY_1) {
          total { ${FIGURES} } } }`);
        const { latency, ...counts } = discoveryMetrics.total;
        same(counts, { foundCount: 8, unknownOrchestratorCount: 1, unusableLatencyCount: 2 });
        same(latency.averageMs, known(221.5 / 6, 6));
        // ranks 3, 6 and 6 of 0, 1, 20.5, 40, 60, 100
        near(latency.p50Ms.value, 20.5, 0.01);
        near(latency.p95Ms.value, 100, 0.01);
        near(latency.p99Ms.value, 100, 0.01);
      },
    },
    {
      rules: ['ATTRIBUTION-001', 'PARITY-001', 'SERVING-001'],
      says: 'the URL decides where two share a hot key; without one it is nobody’s; groups sum to the whole, by hour too',
      async run(api) {
        const { discoveryMetrics } = await api.ask(`{ discoveryMetrics(${rangeOf(DAY)}, bucket: HOUR_1,
          groupBy: [ORCHESTRATOR, GATEWAY]) { edges { node { orchestratorAddress gateway metrics { ${FIGURES} } } } } }`);
        const byAddress = new Map<string | null, Figures>(
          discoveryMetrics.edges.map(({ node }: Group) => [node.orchestratorAddress, node.metrics]),
        );
        same(
          discoveryMetrics.edges.map(({ node }: Group) => node.gateway),
          Array.from({ length: 4 }, () => scribe.gateway),
        );
        const figures = [tara.address, uma.address, vera.address, null].map((address) => {
          const metrics = byAddress.get(address);
          return [metrics?.foundCount, metrics?.latency.averageMs.value];
        });
        same(figures, [
          [4, 120.5 / 4],
          [2, 100],
          [1, null],
          [1, 1],
        ]);
      },
    },
    {
      rules: ['FACT-002', 'ATTRIBUTION-001'],
      says: 'an orchestrator whose first report comes an hour late, from 30 s after the message, is known of it all the same',
      async run(api) {
        const { discoveryMetrics } = await api.ask(`{ discoveryMetrics(${rangeOf(DAY)}, bucket: HOUR_1,
          where: { orchestrators: ["${vera.address}"] }) { total { ${FIGURES} } previousTotal { foundCount } } }`);
        const none = missing();
        same(discoveryMetrics.total, {
          foundCount: 1,
          unknownOrchestratorCount: 0,
          unusableLatencyCount: 1,
          latency: { averageMs: none, p50Ms: none, p95Ms: none, p99Ms: none },
        });
        same(discoveryMetrics.previousTotal, null);
      },
    },
    {
      rules: ['AGGREGATE-006'],
      says: 'a find at 09:59:59.999 is the first hour’s, one at 10:00 the next one’s',
      async run(api) {
        const { discoveryMetrics } =
          await api.ask(`{ discoveryMetrics(${rangeOf(DAY, '09:00', '11:00')}, bucket: HOUR_1) {
          points { metrics { foundCount } } } }`);
        same(discoveryMetrics.points, [{ metrics: { foundCount: 6 } }, { metrics: { foundCount: 2 } }]);
      },
    },
  ],
};
