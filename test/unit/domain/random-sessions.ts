import fc from 'fast-check';
import type { CapabilityRunRow } from '../../../src/domain/capability-index.js';
import {
  type CapabilityContent,
  type IngestMetricsFact,
  MILESTONES,
  type SessionEvent,
  STREAM_STATES,
} from '../../../src/domain/event.js';
import { event, HOT, HOUR, hardware, MINUTE, run, SECOND, status, swap, TEN, trace } from './session-samples.js';

// A small world, so that identities meet, agree in part and contradict each other.
const URLS = ['', 'https://a', 'https://a2', 'https://b', 'https://c'];
const ADDRESSES = ['', HOT('a'), HOT('b'), HOT('1'), HOT('2'), HOT('3')];
const PIPELINES = ['', '', 'live-video-to-video', 'LLM', 'model-a', 'Model-B', 'noop', 'streamdiffusion-sdxl'];
const MODELS = ['', '', '', 'model-a', 'pip_sd-turbo'];
const GAPS = [0, 1, SECOND, 5 * SECOND, 10 * SECOND, 10 * SECOND + 1, MINUTE, 2 * MINUTE, 2 * MINUTE + 1, 5 * MINUTE];
const LONG_GAPS = [11 * MINUTE, 20 * MINUTE, HOUR];

const counter = fc.constantFrom(null, -1, 0, 0, 3, 5, 1000, 477_890);
const measure = fc.constantFrom(null, -1, 0, 0.0004, 5.8728, 20.29064, 600_000.5);
/** Counters that mostly grow, sometimes begin anew, and sometimes are missing. */
const ingest: fc.Arbitrary<IngestMetricsFact> = fc.record({
  connQuality: fc.constantFrom('good', 'good', 'Bad', 'unknown', ''),
  bytesReceived: counter,
  bytesSent: counter,
  videoJitterMs: measure,
  videoPacketsLost: counter,
  videoPacketsReceived: counter,
  audioJitterMs: measure,
  audioPacketsLost: counter,
  audioPacketsReceived: counter,
  rttMs: measure,
});

const identity = fc.record({ url: fc.constantFrom(...URLS), address: fc.constantFrom(...ADDRESSES) });
const step = fc.record({
  gap: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...GAPS) },
    { weight: 1, arbitrary: fc.constantFrom(...LONG_GAPS) },
  ),
  kind: fc.constantFrom(
    'status',
    'status',
    'status',
    'trace',
    'trace',
    'runner',
    'swap',
    'error',
    'ingest',
    'restart',
    'update',
    'metrics',
    'metrics',
  ),
  keeps: fc.integer({ min: 0, max: 9 }),
  identity,
  milestone: fc.constantFrom(...MILESTONES),
  state: fc.constantFrom(...STREAM_STATES, null),
  fps: fc.constantFrom(null, 0, 0, 300, 1_000_000, 17_190_782, 30_000_001),
  input: fc.constantFrom(null, 24_000_000),
  pipeline: fc.constantFrom(...PIPELINES),
  model: fc.constantFrom(...MODELS),
  gateway: fc.constantFrom('', 'gw-a', 'gw-b'),
  flag: fc.boolean(),
  transport: fc.record({
    publisherId: fc.constantFrom('p1', 'p2'),
    gpuUuid: fc.constantFrom('', 'gpu-1', 'gpu-2'),
    gpuModel: fc.constantFrom('', 'RTX 4090'),
    gpuMemoryBytes: fc.constantFrom(null, 24_000_000_000),
    gpuUtilisation: fc.constantFrom(null, 0, 0.25, 1, 50, 100, 101, -1),
    cudaVersion: fc.constantFrom('', '12.4'),
    txBytes: fc.constantFrom(null, 0, 10, 5000, 5000, 9_007_199_254_740_991, -1),
    rxBytes: fc.constantFrom(null, 7),
    txMbps: fc.constantFrom(null, 0, 2.5, 8),
    rxMbps: fc.constantFrom(null, 1),
    samplingIntervalMs: fc.constantFrom(null, 0, 1000, 5000),
    achievedFlops: fc.constantFrom(null, 0, 4e13, 1.5),
    peakFlops: fc.constantFrom(null, 0, 8e13),
  }),
  restarts: fc.constantFrom(0, 0, 1, 2, 3, -1),
  cold: fc.constantFrom(null, true, false),
  offset: fc.constantFrom(-40_000, -500, 0, 700, 90_000),
  reason: fc.constantFrom('', 'timed out', 'O_CAPPED capacity', 'user left', 'stream error'),
  failure: fc.constantFrom('', '', 'model_error', 'transport_disconnect', 'other'),
  ingest,
  id: fc.constantFrom('\u{1F600}', '\uFFFD', 'a', 'b', 'Z'),
});

/** Of producers that show now the one, now the other: URL only and address only, or two in turn. */
const alternation = fc.oneof(
  { weight: 2, arbitrary: fc.constant(null) },
  {
    weight: 1,
    arbitrary: fc
      .record({ url: fc.constantFrom(...URLS.slice(1)), address: fc.constantFrom(...ADDRESSES.slice(1)) })
      .map(({ url, address }) => [
        { url, address: '' },
        { url: '', address },
      ]),
  },
  { weight: 1, arbitrary: fc.array(identity, { minLength: 2, maxLength: 3 }) },
);

/** Events of one random session, in order of time, over minutes to many hours. */
export const sessionEvents: fc.Arbitrary<readonly SessionEvent[]> = fc
  .tuple(fc.array(step, { minLength: 1, maxLength: 45 }), fc.integer({ min: -40 * 60, max: 40 * 60 }), alternation)
  .map(([steps, startSecond, alternating]) => {
    let at = TEN + startSecond * SECOND;
    let by = { url: '', address: '' };
    return steps.map((s, index) => {
      at += s.gap;
      // mostly the same identity, so that segments have a length
      if (s.keeps < 3) by = s.identity;
      by = alternating?.[index % alternating.length] ?? by;
      const fields: Partial<SessionEvent> = {
        eventId: `${s.id}${index}`,
        gateway: s.gateway,
        pipelineText: s.flag ? s.pipeline : '',
        modelText: s.keeps === 9 ? s.model : '',
        region: s.keeps === 8 ? 'NYC' : '',
      };
      switch (s.kind) {
        case 'status':
          return status(at, null, by, {
            ...fields,
            state: s.state ?? (s.fps !== null && s.fps > 0 ? 'ONLINE' : 'LOADING'),
            fpsMicro: s.fps,
            inputFpsMicro: s.input,
            hasLastError: s.keeps === 7,
            startTimeMs: s.keeps > 4 ? TEN - HOUR + s.offset : null,
            restartCount: s.keeps === 6 ? null : s.restarts,
          });
        case 'metrics':
          return status(at, s.fps, by, { ...fields, name: 'runner.metrics.sample', transport: s.transport });
        case 'trace':
          return trace(at, s.milestone, s.flag ? by : {}, { ...fields, isColdStart: s.cold });
        case 'runner':
          return trace(at, s.flag ? 'runner_receive_first_ingest' : 'runner_send_first_processed', s.identity, {
            ...fields,
            ownAtMs: s.keeps === 1 ? null : at + s.offset,
          });
        case 'swap':
          return swap(at, s.keeps === 5 ? {} : s.flag ? by : s.identity, {
            ...fields,
            swapReason: s.reason,
            swapToUrl: s.keeps === 4 ? s.identity.url : '',
          });
        case 'error':
          return event(at, {
            ...fields,
            familyRank: 2,
            isError: true,
            message: s.flag ? 'User Disconnected' : s.reason || 'boom',
            failureReason: s.failure,
          });
        case 'restart':
          return event(at, { ...fields, familyRank: 2, isRestart: s.flag, isSynthetic: s.keeps === 0 });
        case 'update':
          return event(at, { ...fields, familyRank: s.flag ? 2 : 0, name: 'params_update' });
        default:
          return event(at, { ...fields, ingest: s.ingest });
      }
    });
  });

const offers = fc.constantFrom<Partial<CapabilityContent>>(
  {},
  hardware('live-video-to-video', 'model-a', 'gpu-1'),
  hardware('live-video-to-video', 'model-a', 'gpu-1', 'gpu-2'),
  hardware('live-video-to-video', 'streamdiffusion-sdxl'),
  hardware('noop', 'noop', 'gpu-3'),
  {
    hardware: [
      ...hardware('live-video-to-video', 'model-a', 'gpu-1').hardware,
      ...hardware('llm', 'model-b', 'gpu-4').hardware,
    ],
  },
  {
    models: [
      { capability: 27, pipeline: 'text-to-image', model: 'model-b', isWarm: true, capacity: 1, runnerVersion: '' },
      {
        capability: 35,
        pipeline: 'live-video-to-video',
        model: 'model-a',
        isWarm: true,
        capacity: 2,
        runnerVersion: '',
      },
      { capability: 33, pipeline: 'llm', model: 'model-b', isWarm: false, capacity: 9, runnerVersion: '' },
    ],
  },
);

/** Capability runs of a few keys, each a chain in which one replaces the other. */
export const capabilityRuns: fc.Arbitrary<readonly CapabilityRunRow[]> = fc
  .array(
    fc.record({
      address: fc.constantFrom(HOT('a'), HOT('b'), HOT('c')),
      uri: fc.constantFrom(...URLS),
      local: fc.constantFrom('', 'a-name', HOT('1'), HOT('2'), HOT('a')),
      start: fc.integer({ min: -180, max: 120 }),
      chain: fc.array(
        fc.record({ last: fc.integer({ min: 0, max: 90 }), gap: fc.integer({ min: 1, max: 60 }), offers }),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
    }),
    { maxLength: 6 },
  )
  .map((keys) => {
    const unique = new Map(keys.map((key) => [`${key.address} ${key.uri}`, key]));
    return [...unique.values()].flatMap(({ address, uri, local, start, chain }) => {
      let first = TEN + start * MINUTE;
      return chain.map(({ last, gap, offers: content }, index) => {
        const lastAt = first + last * MINUTE;
        const next = index === chain.length - 1 ? null : lastAt + gap * MINUTE;
        const row = run({ address, uri, local, first, last: lastAt, next, content });
        first = next ?? first;
        return row;
      });
    });
  });
