import { same } from '../expectation.js';
import { createScribe, type Message, orchestratorOf } from '../messages.js';
import type { Scenario } from '../scenario.js';
import { sourceOf } from './source-counts.js';

const noise = createScribe('noise', '2026-02-10');
const noiseStream = noise.stream('noise-stream');
const scope = { stream_id: 'noise-stream', client_source: 'scope' };
const SCOPE_NOISE = [
  ...[
    'stream_heartbeat',
    'pipeline_load_start',
    'pipeline_loaded',
    'session_created',
    'stream_started',
    'playback_ready',
  ],
  ...[
    'session_closed',
    'stream_stopped',
    'pipeline_unloaded',
    'websocket_connected',
    'websocket_disconnected',
    'error',
  ],
];

/** One message for every reason to ignore or reject that a message has in itself, and one that is accepted though it says more than we know. */
export const ignoredNoise: Scenario = {
  name: 'ignored noise',
  steps: [
    {
      send: [
        noiseStream.trace('09:00:00', 'gateway_receive_stream_request'),
        noise.message('ai_stream_status', '09:00:10', {
          stream_id: 'noise-stream',
          request_id: 'noise-stream-request',
          state: 'ONLINE',
          fields_of_tomorrow: { kept: true },
        }),
        noise.message('webrtc_stats', '09:00:01', {}),
        noise.message('pipelines_api_request', '09:00:01', {}),
        noise.message('stream_trace', '09:00:02', { ...scope, type: 'app_opened' }),
        ...SCOPE_NOISE.map((type) => noise.message('stream_trace', '09:00:02', { ...scope, type })),
        noise.message('stream_trace', '09:00:02', { stream_id: 'noise-stream', type: 'session_created' }),
        noise.message('stream_trace', '09:00:02', { ...scope, type: 'gateway_sneezed' }),
        noise.raw('{'),
        noise.raw(' '.repeat(1_048_577)),
        noise.raw('"text"'),
        noise.raw(JSON.stringify({ type: 'stream_trace', timestamp: '1', data: {} })),
        noise.raw(JSON.stringify({ id: 'noise-no-type', timestamp: '1', data: {} })),
        noise.message(
          'stream_trace',
          '09:00:03',
          { ...scope, type: 'gateway_receive_stream_request' },
          { timestamp: 'soon' },
        ),
        noise.message('stream_trace', '2099-01-01T00:00:00Z', { ...scope, type: 'gateway_receive_stream_request' }),
        noise.message('stream_trace', '09:00:03', undefined),
        // each lacks what its family requires: ids, ids, a state, stats, an array, an amount
        noise.message('stream_trace', '09:00:04', { type: 'gateway_receive_stream_request' }),
        noise.message('ai_stream_events', '09:00:04', { type: 'error' }),
        noise.message('ai_stream_status', '09:00:04', { stream_id: 'noise-stream' }),
        noise.message('stream_ingest_metrics', '09:00:04', { stream_id: 'noise-stream' }),
        noise.message('network_capabilities', '09:00:04', 'none'),
        noise.message('create_new_payment', '09:00:04', { sessionID: 'p' }),
        noise.v1('gateway.request.start', '09:00:05', { stream_id: 's' }, { schema_version: undefined }),
        noise.v1('gateway.request.start', '09:00:05', {}),
      ],
    },
  ],
  checks: [
    {
      rules: ['INGEST-001', 'INGEST-002', 'INGEST-003', 'QUALITY-001'],
      says: 'every message has its verdict and reason; unknown fields are no reason',
      async run(api) {
        const { lines } = await sourceOf(api, 'ignored noise');
        same(lines, [
          'accepted ai_stream_status - 1',
          'accepted stream_trace - 1',
          'ignored pipelines_api_request unsupported_event_family 1',
          'ignored stream_trace ignored_stream_trace_non_core_app 1',
          'ignored stream_trace ignored_stream_trace_scope_client_noise 12',
          'ignored stream_trace unsupported_stream_trace_type 2',
          'ignored webrtc_stats unsupported_event_family 1',
          'rejected - missing_id 1',
          'rejected - missing_type 1',
          'rejected - not_an_object 1',
          'rejected - not_json 1',
          'rejected - oversize 1',
          'rejected ai_stream_events schema_mismatch 1',
          'rejected ai_stream_status schema_mismatch 1',
          'rejected create_new_payment schema_mismatch 1',
          'rejected gateway.request.start schema_mismatch 1',
          'rejected gateway.request.start unsupported_version 1',
          'rejected network_capabilities schema_mismatch 1',
          'rejected stream_ingest_metrics schema_mismatch 1',
          'rejected stream_trace bad_timestamp 2',
          'rejected stream_trace missing_data 1',
          'rejected stream_trace schema_mismatch 1',
        ]);
      },
    },
    {
      rules: ['INGEST-004', 'QUALITY-001'],
      says: '35 consumed = 2 accepted + 17 ignored + 16 rejected + 0 duplicate, and nothing is skipped',
      async run(api) {
        const { counts } = await sourceOf(api, 'ignored noise');
        same(counts, {
          consumedCount: 35,
          acceptedCount: 2,
          ignoredCount: 17,
          rejectedCount: 16,
          duplicateCount: 0,
          conflictCount: 0,
          unchangedCount: 0,
          nextOffset: 35,
          gapCount: 0,
        });
      },
    },
  ],
};

const twice = createScribe('twice', '2026-02-11');
const twiceStream = twice.stream('twice-stream');
const once: readonly Message[] = [
  twiceStream.trace('09:00:00', 'gateway_receive_stream_request'),
  twiceStream.trace('09:00:02', 'gateway_receive_few_processed_segments'),
  twiceStream.status('09:00:10', { fps: 10, state: 'ONLINE' }),
  twiceStream.status('09:00:20', { fps: 30, state: 'ONLINE' }),
  twiceStream.event('09:00:21', 'error', { message: 'once' }),
];
const [, , sample] = once;
const conflicting: Message = { id: sample?.id ?? '', text: sample?.text.replace('"fps":10', '"fps":1000') ?? '' };

/** Five events, sent twice in one batch, again in a later one after everything was computed, and once changed. */
export const duplicates: Scenario = {
  name: 'duplicates in one and in later batches',
  steps: [
    { send: [...once, ...once] },
    { settle: '2026-02-11T12:00:00Z' },
    { send: [...once.toReversed(), conflicting] },
  ],
  checks: [
    {
      rules: ['LINEAGE-001', 'INGEST-004', 'QUALITY-001'],
      says: '16 consumed = 5 accepted + 11 duplicates, one of them with other content',
      async run(api) {
        const { counts } = await sourceOf(api, 'duplicates in one and in later batches');
        same([counts.consumedCount, counts.acceptedCount, counts.duplicateCount, counts.conflictCount], [16, 5, 11, 1]);
      },
    },
    {
      rules: ['LINEAGE-001', 'FACT-002', 'AGGREGATE-001'],
      says: 'the session is as if each was sent once, and the first content stays: 2 samples of mean 20, 1 error',
      async run(api) {
        const { sessions } = await api.ask(`{ sessions(streamId: "twice-stream") { totalCount edges { node {
          statusSampleCount errorCount averageFps { value } } } } }`);
        same(sessions, {
          totalCount: 1,
          edges: [{ node: { statusSampleCount: 2, errorCount: 1, averageFps: { value: 20 } } }],
        });
      },
    },
  ],
};

const fan = createScribe('fan', '2026-02-14');
const mona = orchestratorOf('mona');
const nora = orchestratorOf('nora');
const reportOf = (time: string, freeMemory: number): Message =>
  fan.report(time, [
    element(mona, freeMemory),
    { ...element(nora, freeMemory), hardware: null },
    { ...element(mona, freeMemory), address: ' ' },
  ]);

function element(node: { readonly address: string; readonly url: string }, memory_free: number): object {
  return {
    address: node.address,
    orch_uri: node.url,
    capabilities: {
      version: '0.8.9',
      constraints: {
        PerCapability: {
          27: { models: { 'sd-image': { capacity: 2 } } },
          35: { models: { 'streamdiffusion-fan': { warm: true } } },
        },
      },
    },
    capabilities_prices: null,
    hardware: [
      {
        pipeline: 'live-video-to-video',
        model_id: 'streamdiffusion-fan',
        gpu_info: {
          0: { id: 'GPU-fan-1', name: 'A', memory_free },
          1: { id: 'GPU-fan-2', name: 'A', memory_free },
          2: { id: '', name: 'no id' },
        },
      },
    ],
  };
}

/** Three reports that differ by free memory alone: two orchestrators, a blank address, two models, two GPUs. */
export const snapshots: Scenario = {
  name: 'capability snapshots',
  steps: [
    { send: [reportOf('09:00:00', 1)] },
    { settle: '2026-02-14T09:10:00Z' },
    { send: [reportOf('09:25:00', 2), reportOf('09:50:00', 3)] },
  ],
  checks: [
    {
      rules: ['TYPED_RAW-002'],
      says: 'fans out to two orchestrators with two models each, without hardware too; GPUs need an id, orchestrators an address',
      async run(api) {
        const offers = [
          { pipeline: 'live-video-to-video', model: 'streamdiffusion-fan', isWarm: true, capacity: 0 },
          { pipeline: 'text-to-image', model: 'sd-image', isWarm: false, capacity: 2 },
        ];
        const FIELDS = 'gpuCount offers { pipeline model isWarm capacity }';
        const answer = await api.ask(`{ mona: orchestrator(address: "${mona.address}") { ${FIELDS} }
          nora: orchestrator(address: "${nora.address}") { ${FIELDS} } }`);
        same(answer, { mona: { gpuCount: 2, offers }, nora: { gpuCount: null, offers } });
      },
    },
    {
      rules: ['TYPED_RAW-002', 'TYPED_RAW-003', 'FACT-001', 'QUALITY-001'],
      says: 'free memory is no content: 4 elements are counted unchanged, none without an address, and the stretch of sightings lasts from the first report to the last',
      async run(api) {
        const { counts } = await sourceOf(api, 'capability snapshots');
        same([counts.acceptedCount, counts.unchangedCount], [3, 4]);
        const { orchestrator } = await api.ask(
          `{ orchestrator(address: "${mona.address}") { firstSeenAt lastSeenAt } }`,
        );
        same(orchestrator, { firstSeenAt: '2026-02-14T09:00:00.000Z', lastSeenAt: '2026-02-14T09:50:00.000Z' });
      },
    },
  ],
};
