import { describe, expect, it } from 'vitest';
import { encodeSample } from '../../../src/domain/bins.js';
import { buildCapabilityIndex, type CapabilityRunRow } from '../../../src/domain/capability-index.js';
import {
  type AiBatchEvent,
  aiBatchJob,
  type ByocEvent,
  byocJob,
  type Job,
  jobAtMs,
  jobKey,
  jobOutcome,
  type LlmEvent,
  type WorkerEvent,
  workerModel,
} from '../../../src/domain/job.js';
import { resolveJob } from '../../../src/domain/job-row.js';

const T0 = Date.UTC(2026, 0, 8, 12);
const DAY_MS = 86_400_000;
const URL = 'https://orch.example.com:8935';
const ADDRESS = `0x${'a'.repeat(40)}`;

function batch(fields: Partial<AiBatchEvent>): AiBatchEvent {
  return {
    org: 'daydream',
    eventId: 'e',
    eventAtMs: T0,
    gateway: 'gw.example.com',
    name: 'ai_batch_request_completed',
    requestId: 'rq',
    pipeline: 'text-to-image',
    model: 'sdxl',
    isSuccess: true,
    tries: 1,
    durationMs: 2500,
    orchUrl: URL,
    latencyScore: null,
    pricePerUnit: null,
    errorType: '',
    error: '',
    ...fields,
  };
}

function byoc(fields: Partial<ByocEvent> = {}): ByocEvent {
  return {
    org: 'daydream',
    eventId: 'b',
    eventAtMs: T0,
    gateway: '',
    requestId: '',
    capability: 'My-Capability',
    isSuccess: null,
    durationMs: null,
    httpStatus: 200,
    orchAddress: ADDRESS,
    orchUrl: '',
    workerUrl: 'http://10.0.0.1:9000',
    error: '',
    ...fields,
  };
}

const received = (fields: Partial<AiBatchEvent> = {}) => batch({ name: 'ai_batch_request_received', ...fields });
const worker = (eventId: string, daysBefore: number, fields: Partial<WorkerEvent> = {}): WorkerEvent => ({
  eventId,
  eventAtMs: T0 - daysBefore * DAY_MS,
  workerUrl: 'http://10.0.0.2:9000',
  models: [eventId],
  ...fields,
});

describe('aiBatchJob', () => {
  it('takes the first completion and the first reception, in any order', () => {
    const events = [
      batch({ eventId: 'c2', eventAtMs: T0 + 9 }),
      batch({ eventId: 'c1', eventAtMs: T0 + 5 }),
      received({ eventId: 'r2', eventAtMs: T0 + 1 }),
      received({ eventId: 'r1', eventAtMs: T0 }),
    ];
    for (const order of [events, events.toReversed()]) {
      const job = aiBatchJob(order, []);
      expect([job?.completed.eventId, job?.received?.eventId, job && jobAtMs(job)]).toEqual(['c1', 'r1', T0]);
    }
  });

  it('counts at its completion without a reception, and is no job without a completion', () => {
    const job = aiBatchJob([batch({ eventAtMs: T0 + 5 })], []);
    expect(job && jobAtMs(job)).toBe(T0 + 5);
    expect(aiBatchJob([received()], [])).toBeNull();
    expect(aiBatchJob([], [])).toBeNull();
  });

  it.each([
    [{ orchUrl: URL, isSuccess: false, errorType: 'no_orchestrators' }, 'selected'],
    [{ orchUrl: '', isSuccess: false, errorType: 'no_orchestrators' }, 'no_orch'],
    [{ orchUrl: '', isSuccess: null, errorType: 'no_orchestrators' }, 'no_orch'],
    [{ orchUrl: '', isSuccess: true, errorType: 'no_orchestrators' }, 'unknown'],
    [{ orchUrl: '', isSuccess: false, errorType: 'timeout' }, 'unknown'],
  ])('of %o is %s', (fields, outcome) => {
    const job = aiBatchJob([batch(fields)], []);
    expect(job && jobOutcome(job)).toBe(outcome);
  });
});

describe('byocJob', () => {
  it.each([
    [{ orchAddress: ADDRESS, orchUrl: '' }, 'selected'],
    [{ orchAddress: '', orchUrl: URL }, 'selected'],
    [{ orchAddress: '', orchUrl: '', isSuccess: false, error: 'no orchestrators available' }, 'unknown'],
  ])('of %o is %s, never no_orch', (fields, outcome) => {
    expect(jobOutcome(byocJob(byoc(fields), []))).toBe(outcome);
  });

  it('takes the model of its own worker before a newer one, else of the newest', () => {
    const own = worker('own', 20, { workerUrl: 'http://10.0.0.1:9000' });
    const workers = [worker('old', 9), own, worker('new', 3)];
    expect(byocJob(byoc(), workers).worker?.eventId).toBe('own');
    expect(byocJob(byoc({ workerUrl: '' }), workers).worker?.eventId).toBe('new');
  });

  it('knows no worker event after it, more than 30 days before it, or without a model', () => {
    const workers = [worker('later', -1), worker('old', 31), worker('none', 1, { models: [] })];
    expect(byocJob(byoc(), workers).worker).toBeNull();
    expect(byocJob(byoc(), [...workers, worker('just', 30)]).worker?.eventId).toBe('just');
    expect(byocJob(byoc(), [worker('now', 0)]).worker?.eventId).toBe('now');
  });

  it('has no model when the worker offers several', () => {
    expect(workerModel(worker('w', 1, { models: ['a', 'b'] }))).toBe('');
    expect(workerModel(worker('w', 1, { models: ['a', 'a'] }))).toBe('a');
    expect(workerModel(null)).toBe('');
  });
});

describe('jobKey', () => {
  it('is the request, and the event where there is none', () => {
    expect(jobKey('ai_batch', 'rq', 'e')).toBe('rq');
    expect(jobKey('ai_batch', '', 'e')).toBe('_missing_request|e');
    expect(jobKey('byoc', 'rq', 'e')).toBe('e');
  });
});

describe('resolveJob', () => {
  const naming = {
    publicGateway: (host: string) => `public ${host}`,
    regionOf: () => 'EU',
    publicGpuId: (uuid: string) => `gpu_${uuid}`,
  };
  const run = (
    fields: Partial<CapabilityRunRow>,
    hardware: { pipeline: string; model: string }[],
  ): CapabilityRunRow => ({
    org: 'daydream',
    address: ADDRESS,
    uri: URL,
    firstAt: new Date(T0 - 600_000),
    lastAt: new Date(T0 - 600_000),
    nextAt: null,
    contentHash: 'h',
    localAddress: '',
    firstEventId: 's',
    lastEventId: 's',
    content: {
      localAddress: '',
      version: '',
      hardware: hardware.map((one) => ({ ...one, gpus: [{ uuid: 'u1', name: 'RTX', memoryTotalBytes: null }] })),
      models: [],
      prices: [],
    },
    ...fields,
  });
  const resolve = (job: Job | null, runs: readonly CapabilityRunRow[]) => {
    if (job === null) throw new Error('a job was expected');
    const capabilities = buildCapabilityIndex(runs).ofOrg('daydream');
    return resolveJob(job, { capabilities, policy: { capabilityMaxAgeMs: 1_800_000 }, naming });
  };

  it('attributes an AI batch job by its URL at its instant, with its hints', () => {
    const offers = [
      { pipeline: 'text-to-image', model: 'SDXL' },
      { pipeline: 'upscale', model: 'sdxl' },
    ];
    const { grain, decision, row } = resolve(aiBatchJob([batch({})], []), [run({}, offers)]);
    expect(grain).toMatchObject({
      orchestratorAddress: ADDRESS,
      pipeline: 'text-to-image',
      model: 'SDXL',
      gpuId: 'gpu_u1',
      gateway: 'public gw.example.com',
      region: 'EU',
      isSynthetic: false,
    });
    expect(decision).toMatchObject({ outcome: 'resolved', reason: 'matched', sightings: [{ address: ADDRESS }] });
    expect(row).toMatchObject({ attributionOutcome: 'resolved', outcome: 'selected', durationMs: 2500 });
  });

  it('fills no orchestrator when attribution is not safe, and decides nothing where nobody is named', () => {
    const stale = resolve(aiBatchJob([batch({})], []), [
      run({ firstAt: new Date(T0 - DAY_MS), lastAt: new Date(T0 - DAY_MS) }, [
        { pipeline: 'text-to-image', model: 'sdxl' },
      ]),
    ]);
    expect(stale.grain).toMatchObject({ orchestratorAddress: '', gpuId: '', pipeline: 'text-to-image', model: 'sdxl' });
    expect(stale.decision).toMatchObject({ outcome: 'stale', confidence: 'none' });
    const nobody = resolve(aiBatchJob([batch({ orchUrl: '', isSuccess: false })], []), []);
    expect(nobody.decision).toBeNull();
    expect(nobody.row).toMatchObject({ outcome: 'unknown', attributionReason: 'no_orchestrator_observed' });
  });

  it('takes a BYOC capability as the pipeline, in any case, and its worker’s model', () => {
    const job = byocJob(byoc(), [worker('model-1', 1)]);
    const offers = [
      { pipeline: 'my-capability', model: 'model-1' },
      { pipeline: 'my-capability', model: 'model-2' },
    ];
    const { grain, row } = resolve(job, [run({}, offers)]);
    expect(grain).toMatchObject({ orchestratorAddress: ADDRESS, pipeline: 'my-capability', model: 'model-1' });
    expect(row).toMatchObject({ attributionMethod: 'address', workerEventId: 'model-1', capability: 'My-Capability' });
    expect(resolve(job, []).grain).toMatchObject({
      orchestratorAddress: '',
      pipeline: 'My-Capability',
      model: 'model-1',
    });
  });

  it('keeps LLM measures exact and leaves out what is negative or absurd', () => {
    const llm = (fields: Partial<LlmEvent>): LlmEvent => ({
      org: 'daydream',
      eventId: 'l',
      eventAtMs: T0,
      gateway: '',
      name: 'llm_stream_completed',
      requestId: 'rq',
      promptTokens: 5,
      completionTokens: 7,
      totalTokens: 12,
      ttftMs: 100.12345,
      tokensPerSecond: 1 / 3,
      totalDurationMs: 2000,
      error: '',
      ...fields,
    });
    expect(resolve(aiBatchJob([batch({})], [llm({}), llm({ eventId: 'k', eventAtMs: T0 + 1 })]), []).row).toMatchObject(
      {
        llmEventId: 'l',
        isLlmStreamed: true,
        totalTokens: 12,
        ttftMs: '100.123',
        ttftMsHistogram: encodeSample(100.123),
        tokensPerSecond: '0.333333',
        llmDurationMs: '2000.000',
      },
    );
    // a whole millisecond would be the middle of another bin: 80.34, 1.06 % off
    expect(resolve(aiBatchJob([batch({})], [llm({ ttftMs: 79.5 })]), []).row.ttftMsHistogram).toBe(encodeSample(79.5));
    const absurd = llm({ ttftMs: -1, tokensPerSecond: 1e300, totalTokens: Number.NaN });
    expect(resolve(aiBatchJob([batch({ durationMs: -5 })], [absurd]), []).row).toMatchObject({
      ttftMs: null,
      ttftMsHistogram: null,
      tokensPerSecond: null,
      totalTokens: null,
      durationMs: null,
      durationMsHistogram: null,
    });
  });
});
