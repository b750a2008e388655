import { known, METRIC, missing, rangeOf, same } from '../expectation.js';
import { createScribe, elementOf, type Orchestrator, orchestratorOf, surfaceOf } from '../messages.js';
import type { PublicApi, Scenario } from '../scenario.js';

const DECIDED = 'orchestratorAddress pipeline model decisions { outcome reason method confidence }';
const LIVE = 'live-video-to-video';

async function sessionOf(api: PublicApi, streamId: string): Promise<unknown> {
  const { sessions } = await api.ask(
    `{ sessions(streamId: "${streamId}", synthetic: INCLUDE) { edges { node { ${DECIDED} } } } }`,
  );
  return sessions.edges[0].node;
}

const bare = createScribe('bare', '2026-02-08');
const iris = orchestratorOf('iris');
const judy = orchestratorOf('judy');
const twin = orchestratorOf('twin');
const bareStream = bare.stream('bare-stream');
const gpuStream = bare.stream('bare-gpu');
const twinStream = bare.stream('bare-twin');

/** An orchestrator that reports a model and no hardware beside one with a GPU and one with two. */
export const hardwareLess: Scenario = {
  name: 'hardware-less',
  steps: [
    {
      send: [
        bare.report('09:00:00', [
          elementOf(iris, { models: { 'streamdiffusion-bare': { warm: true } } }),
          surfaceOf(judy, 'streamdiffusion-bare', 'GPU-bare-1'),
          surfaceOf(twin, 'streamdiffusion-bare', 'GPU-bare-2', 'GPU-bare-3'),
        ]),
        ...served(bareStream, '09:05', iris),
        ...served(gpuStream, '09:10', judy),
        ...served(twinStream, '09:15', twin),
      ],
    },
  ],
  checks: [
    {
      rules: ['ATTRIBUTION-006', 'ATTRIBUTION-004', 'TYPED_RAW-002'],
      says: 'without hardware the orchestrator and model stay known and the confidence is low; two GPUs on one surface name none',
      async run(api) {
        const decision = (outcome: string) => [{ outcome, reason: 'MATCHED', method: 'URL', confidence: 'LOW' }];
        const model = { pipeline: LIVE, model: 'streamdiffusion-bare' };
        same(await sessionOf(api, 'bare-stream'), {
          orchestratorAddress: iris.address,
          ...model,
          decisions: decision('HARDWARE_LESS'),
        });
        same(await sessionOf(api, 'bare-twin'), {
          orchestratorAddress: twin.address,
          ...model,
          decisions: decision('RESOLVED'),
        });
      },
    },
    {
      rules: ['AGGREGATE-003'],
      says: 'demand by GPU: 1 on a GPU and 2 on none that is known; the slices sum to the 3 of the whole',
      async run(api) {
        const { networkDemand } =
          await api.ask(`{ networkDemand(${rangeOf('2026-02-08')}, bucket: HOUR_1, groupBy: [GPU]) {
          total { requestedCount } edges { node { gpuIdentityStatus gpuId metrics { requestedCount } } } } }`);
        const slices = networkDemand.edges.map(({ node }: { node: Slice }) => [
          node.gpuIdentityStatus,
          node.gpuId !== null,
          node.metrics.requestedCount,
        ]);
        same(slices, [
          ['HARDWARE_UNRESOLVED', false, 2],
          ['RESOLVED', true, 1],
        ]);
        same(networkDemand.total.requestedCount, 3);
      },
    },
    {
      rules: ['AGGREGATE-004', 'ATTRIBUTION-007'],
      says: 'GPU numbers are of the one known GPU; jitter of its 1 sample is null for too few, and its latencies for none',
      async run(api) {
        const { serviceMetrics } =
          await api.ask(`{ serviceMetrics(${rangeOf('2026-02-08')}, bucket: HOUR_1, groupBy: [GPU],
          where: { orchestrators: ["${judy.address}"] }) { edges { node { metrics { statusSampleCount
          averageFps ${METRIC} fpsJitter ${METRIC} e2e { averageMs ${METRIC} p95Ms ${METRIC} } } } } } }`);
        same(serviceMetrics.edges, [
          {
            node: {
              metrics: {
                statusSampleCount: 1,
                averageFps: known(20, 1),
                fpsJitter: missing('INSUFFICIENT_SAMPLES', 1),
                e2e: { averageMs: missing(), p95Ms: missing() },
              },
            },
          },
        ]);
        const { backed } = await api.ask(`{ backed: serviceMetrics(${rangeOf('2026-02-08')}, bucket: HOUR_1,
          where: { isHardwareBacked: true }) { total { statusSampleCount requestedCount } } }`);
        same(backed.total, { statusSampleCount: 1, requestedCount: 1 });
        const { meta } = await api.ask(
          '{ meta { attributionCoverage { outcome sessionCount } } }',
          '2026-02-08T23:30:00Z',
        );
        same(meta.attributionCoverage, [
          { outcome: 'HARDWARE_LESS', sessionCount: 1 },
          { outcome: 'RESOLVED', sessionCount: 2 },
        ]);
      },
    },
  ],
};

interface Slice {
  readonly gpuIdentityStatus: string;
  readonly gpuId: string | null;
  readonly metrics: { readonly requestedCount: number };
}

const doubt = createScribe('doubt', '2026-02-09');
const kate = orchestratorOf('kate');
const lena = orchestratorOf('lena');
const sharer = { ...orchestratorOf('sharer'), hotKey: lena.hotKey };
const mute = doubt.stream('doubt-mute');
const hinted = doubt.stream('doubt-hinted');
const shared = doubt.stream('doubt-shared');
const wrong = doubt.stream('doubt-wrong');
const stale = doubt.stream('doubt-stale');

/** Two models on one orchestrator, a key that two orchestrators share, a model nobody offers, a report too old. */
export const ambiguous: Scenario = {
  name: 'several models, ambiguous',
  steps: [
    {
      send: [
        doubt.report('09:00:00', [
          elementOf(kate, { models: { 'streamdiffusion-one': { warm: true }, 'streamdiffusion-two': { warm: true } } }),
          surfaceOf(lena, 'streamdiffusion-one', 'GPU-doubt-1'),
          surfaceOf(sharer, 'streamdiffusion-one', 'GPU-doubt-2'),
        ]),
        ...served(mute, '09:05', kate),
        ...served(hinted, '09:06', kate, 'STREAMDIFFUSION-TWO'),
        ...served(shared, '09:07', { hotKey: lena.hotKey }),
        ...served(wrong, '09:08', lena, 'some-other-model'),
        // 30 minutes is the age a report may have
        ...served(stale, '09:31', lena),
      ],
    },
  ],
  checks: [
    {
      rules: ['ATTRIBUTION-004', 'ATTRIBUTION-005', 'ATTRIBUTION-006'],
      says: 'two models and no hint are ambiguous and name nobody; a hint in any case decides',
      async run(api) {
        same(await sessionOf(api, 'doubt-mute'), {
          orchestratorAddress: null,
          pipeline: null,
          model: null,
          decisions: [{ outcome: 'AMBIGUOUS', reason: 'AMBIGUOUS', method: 'URL', confidence: 'NONE' }],
        });
        same(await sessionOf(api, 'doubt-hinted'), {
          orchestratorAddress: kate.address,
          pipeline: LIVE,
          model: 'streamdiffusion-two',
          decisions: [{ outcome: 'HARDWARE_LESS', reason: 'MATCHED', method: 'URL', confidence: 'LOW' }],
        });
      },
    },
    {
      rules: ['ATTRIBUTION-001', 'ATTRIBUTION-005'],
      says: 'a key of two orchestrators says nothing, and is no orchestrator anybody can ask for',
      async run(api) {
        same(await sessionOf(api, 'doubt-shared'), {
          orchestratorAddress: null,
          pipeline: null,
          model: null,
          decisions: [{ outcome: 'UNRESOLVED', reason: 'MISSING_CANDIDATE', method: 'NONE', confidence: 'NONE' }],
        });
        const { orchestrator } = await api.ask(`{ orchestrator(address: "${lena.hotKey}") { address } }`);
        same(orchestrator, null);
      },
    },
    {
      rules: ['ATTRIBUTION-003', 'ATTRIBUTION-005', 'ATTRIBUTION-002'],
      says: 'a model that is not offered is incompatible however fresh the report; the hint stays as the model',
      async run(api) {
        same(await sessionOf(api, 'doubt-wrong'), {
          orchestratorAddress: null,
          pipeline: null,
          model: 'some-other-model',
          decisions: [{ outcome: 'UNRESOLVED', reason: 'INCOMPATIBLE_CANDIDATES', method: 'URL', confidence: 'NONE' }],
        });
      },
    },
    {
      rules: ['ATTRIBUTION-003', 'ATTRIBUTION-004'],
      says: 'a report 31 minutes old is stale and fills nothing',
      async run(api) {
        same(await sessionOf(api, 'doubt-stale'), {
          orchestratorAddress: null,
          pipeline: null,
          model: null,
          decisions: [{ outcome: 'STALE', reason: 'STALE', method: 'URL', confidence: 'NONE' }],
        });
      },
    },
  ],
};

function served(stream: ReturnType<typeof bare.stream>, minute: string, by: Partial<Orchestrator>, pipeline = '') {
  return [
    stream.trace(`${minute}:00`, 'gateway_receive_stream_request'),
    stream.trace(`${minute}:02`, 'gateway_receive_few_processed_segments'),
    stream.status(`${minute}:10`, { by, fps: 20, state: 'ONLINE', pipeline }),
  ];
}
