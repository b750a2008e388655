import { beforeAll, describe, expect, test } from 'vitest';
import { encodeSample } from '../../../src/domain/bins.js';
import { grainOf } from '../../../src/domain/grain.js';
import { insertRows } from '../warehouse/seed.js';
import { useApi } from './api-under-test.js';
import { HOUR_MS, iso, ORCHESTRATORS, seedOrchestrators } from './network.js';
import { PAGE_INFO, walk } from './walk.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const api = useApi(NOW);
const jobId = (index: number) => `j_${String(index).padStart(24, '0')}`;

interface SeedJob {
  readonly index: number;
  readonly jobMs: number;
  readonly kind: 'ai_batch' | 'byoc';
  readonly outcome: 'selected' | 'no_orch' | 'unknown';
  readonly isSuccess: boolean | null;
  readonly durationMs: number | null;
  readonly isLlm: boolean;
  readonly orchestrator: string;
}

/** Two at each instant, so that the id has to break ties. */
const seeded: readonly SeedJob[] = Array.from({ length: 40 }, (_, index) => {
  const kind = index % 4 === 0 ? 'byoc' : 'ai_batch';
  const outcome = index % 10 === 3 ? 'no_orch' : index % 10 === 4 ? 'unknown' : 'selected';
  return {
    index,
    jobMs: NOW - 4 * HOUR_MS + Math.floor(index / 2) * 11 * 60_000,
    kind,
    outcome,
    isSuccess: index % 8 === 7 ? null : index % 5 !== 0,
    durationMs: index % 9 === 0 ? null : (index + 1) * 100,
    isLlm: kind === 'ai_batch' && index % 3 === 0,
    orchestrator: outcome === 'selected' ? (ORCHESTRATORS[index % 3] ?? '') : '',
  };
});

function grain({ kind, orchestrator, isLlm }: SeedJob) {
  return grainOf({
    org: 'daydream',
    gateway: 'gw-1',
    orchestratorAddress: orchestrator,
    pipeline: kind === 'byoc' ? 'my-capability' : isLlm ? 'llm' : 'text-to-image',
    model: 'm1',
    gpuId: '',
    region: '',
    isSynthetic: false,
  });
}

function jobRow(job: SeedJob) {
  const { index, jobMs, durationMs, isLlm } = job;
  return {
    bucket_start: iso(Math.floor(jobMs / 300_000) * 300_000),
    job_at: iso(jobMs),
    received_at: job.kind === 'byoc' ? null : iso(jobMs),
    completed_at: iso(jobMs + 5000),
    org: 'daydream',
    kind: job.kind,
    job_key: `key-${index}`,
    job_id: jobId(index),
    grain_id: grain(job).grainId,
    event_id: `e${index}`,
    request_id: job.kind === 'byoc' ? '' : `request-${index}`,
    outcome: job.outcome,
    is_success: job.isSuccess,
    tries: 2,
    duration_ms: durationMs,
    duration_ms_histogram: durationMs === null ? null : encodeSample(durationMs),
    http_status: job.kind === 'byoc' ? 200 : null,
    orch_url: 'https://10.0.0.7:8935',
    worker_url: 'https://worker.example.com/x',
    error: 'lost 203.0.113.4',
    error_type: 'dial tcp 10.0.0.7:8935',
    latency_score: null,
    price_per_unit: '0.5',
    llm_event_id: isLlm ? `llm-${index}` : '',
    is_llm_streamed: isLlm ? true : null,
    prompt_tokens: isLlm ? 5 : null,
    completion_tokens: isLlm ? 7 : null,
    total_tokens: isLlm ? 12 : null,
    ttft_ms: isLlm ? '100.500' : null,
    ttft_ms_histogram: isLlm ? encodeSample(101) : null,
    tokens_per_second: isLlm ? '30.000000' : null,
    llm_duration_ms: isLlm ? '2000.000' : null,
    llm_error: '',
    attribution_outcome: job.outcome === 'selected' ? 'resolved' : 'unresolved',
    attribution_method: 'url',
    attribution_reason: 'matched',
    attribution_confidence: 'high',
  };
}

beforeAll(async () => {
  const { owner } = api();
  await seedOrchestrators(owner, ORCHESTRATORS, NOW - HOUR_MS * 5);
  await owner.query('select naap.ensure_storage($1::timestamptz, $2::timestamptz)', [
    iso(NOW - 48 * HOUR_MS),
    iso(NOW),
  ]);
  const grains = new Map(seeded.map((job) => [grain(job).grainId, grain(job)]));
  await insertRows(
    owner,
    'core.grain',
    [...grains.values()].map((one) => ({
      grain_id: one.grainId,
      org: one.org,
      gateway: one.gateway,
      orchestrator_address: one.orchestratorAddress,
      pipeline: one.pipeline,
      model: one.model,
      gpu_id: '',
      region: '',
      is_synthetic: false,
    })),
  );
  await insertRows(owner, 'core.job', seeded.map(jobRow));
  await insertRows(
    owner,
    'core.job_decision',
    seeded.flatMap((job) =>
      [0, 1].map((number) => ({
        org: 'daydream',
        kind: job.kind,
        job_key: `key-${job.index}`,
        job_id: jobId(job.index),
        job_at: iso(job.jobMs),
        outcome: number === 0 ? 'unresolved' : 'resolved',
        method: 'url',
        reason: 'matched',
        confidence: 'high',
        orchestrator_address: job.orchestrator,
        decision_id: job.index * 2 + number + 1,
        decided_at: iso(job.jobMs + number),
        superseded_at: number === 0 ? iso(job.jobMs + 1) : null,
        sightings: [
          {
            address: '0xa',
            uri: 'https://10.0.0.7:8935',
            first_at: iso(0),
            last_at: iso(1),
            content_hash: 'h',
            event_id: 's',
          },
        ],
      })),
    ),
  );
  await owner.query("select work.mark_buckets('job', array(select distinct bucket_start from core.job))");
});

async function idsOf(args: string, size: number, isBackward = false): Promise<string[]> {
  const listOf = async (page: string) => {
    const { data, errors } = await api().query(`{ jobs(${page}${args}) { edges { node { jobId } } ${PAGE_INFO} } }`);
    expect(errors).toBeUndefined();
    return data.jobs;
  };
  return (await walk<{ readonly jobId: string }>(listOf, size, isBackward)).map((row) => row.jobId);
}

describe('jobs', () => {
  const newestFirst = seeded.map(({ index }) => jobId(index)).reverse();

  test.each([1, 6, 100])('pages of %i show every job once, in order, from both ends', async (size) => {
    expect(await idsOf('', size)).toEqual(newestFirst);
    expect(await idsOf('', size, true)).toEqual(newestFirst);
    expect(await idsOf(', ascending: true', size)).toEqual(newestFirst.toReversed());
  });

  test('are found by kind, outcome, success, capability, dimension, request and time', async () => {
    const count = async (args: string, of: (job: SeedJob) => boolean) => {
      const { data, errors } = await api().query(`{ jobs(${args}) { totalCount } }`);
      expect(errors).toBeUndefined();
      expect(data.jobs.totalCount, args).toBe(seeded.filter(of).length);
    };
    await count('kind: BYOC', ({ kind }) => kind === 'byoc');
    await count('kind: AI_BATCH', ({ kind }) => kind === 'ai_batch');
    await count('outcome: NO_ORCH', ({ outcome }) => outcome === 'no_orch');
    await count('isSuccess: false', ({ isSuccess }) => isSuccess === false);
    await count('capability: "MY-Capability"', ({ kind }) => kind === 'byoc');
    await count('where: { pipelines: ["llm"], gateways: ["gw-1"] }', ({ isLlm }) => isLlm);
    await count(
      `where: { orchestrators: ["${ORCHESTRATORS[1]}"] }`,
      ({ orchestrator }) => orchestrator === ORCHESTRATORS[1],
    );
    await count('requestId: "request-5"', ({ index }) => index === 5);
    const [from, to] = [NOW - 4 * HOUR_MS + 22 * 60_000, NOW - 3 * HOUR_MS];
    await count(`jobIn: { start: "${iso(from)}", end: "${iso(to)}" }`, ({ jobMs }) => jobMs >= from && jobMs < to);
    const { errors } = await api().query('{ jobs(kind: AI_BATCH, capability: "x") { totalCount } }');
    expect(errors?.[0]?.extensions.code).toBe('INVALID_ARGUMENT');
  });

  test('show what they were, with units and reasons, and no private host or address', async () => {
    const ask = (index: number) =>
      api().query(`{ job(jobId: "${jobId(index)}") {
        kind at receivedAt outcome isSuccess durationMs { value unit nullReason } tries httpStatus error errorType pricePerUnitWei
        orchestratorUri workerUri orchestrator { address } pipeline requestId
        llm { isStreamed totalTokenCount timeToFirstTokenMs { value unit } tokensPerSecond { value unit } }
        decisions { outcome isCurrent sightings { orchestratorUri } } } }`);
    const llmJob = await ask(9);
    expect(llmJob.errors).toBeUndefined();
    expect(llmJob.data.job).toMatchObject({
      kind: 'AI_BATCH',
      outcome: 'SELECTED',
      durationMs: { value: null, unit: 'MILLISECONDS', nullReason: 'NO_DATA' },
      tries: 2,
      httpStatus: null,
      error: 'lost [ip]',
      errorType: 'dial tcp [ip]:8935',
      pricePerUnitWei: '0.5',
      orchestratorUri: null,
      workerUri: 'https://worker.example.com/x',
      orchestrator: { address: ORCHESTRATORS[0] },
      llm: {
        isStreamed: true,
        totalTokenCount: 12,
        timeToFirstTokenMs: { value: 100.5, unit: 'MILLISECONDS' },
        tokensPerSecond: { value: 30, unit: 'TOKENS_PER_SECOND' },
      },
      decisions: [
        { outcome: 'UNRESOLVED', isCurrent: false, sightings: [{ orchestratorUri: null }] },
        { outcome: 'RESOLVED', isCurrent: true },
      ],
    });
    const byocJob = await ask(16);
    expect(byocJob.data.job).toMatchObject({
      kind: 'BYOC',
      receivedAt: null,
      requestId: null,
      httpStatus: 200,
      llm: null,
    });
    expect((await ask(999)).data.job).toBeNull();
  });

  test('say where the event of their completion was read [LINEAGE-002]', async () => {
    const { owner } = api();
    const [, job] = seeded;
    const completedAt = iso((job?.jobMs ?? 0) + 5000);
    await insertRows(owner, 'raw.source', [
      { source_id: 900, cluster_id: 'file', topic: 'hash', partition: 0, org: 'daydream' },
    ]);
    await insertRows(owner, 'raw.event', [
      {
        ...{ event_at: completedAt, envelope_at: completedAt, received_at: completedAt, source_id: 900, payload: '{}' },
        ...{ org: 'daydream', event_id: 'e1', family: 'ai_batch_request', offset: 41 },
      },
    ]);
    const { data, errors } = await api().query(`{
      read: job(jobId: "${jobId(1)}") { event { eventId at family availability source { kind topic offset } } }
      lost: job(jobId: "${jobId(2)}") { event { eventId availability source { offset } } } }`);
    expect(errors).toBeUndefined();
    expect(data.read.event).toEqual({
      ...{ eventId: 'e1', at: completedAt, family: 'ai_batch_request', availability: 'KEPT' },
      source: { kind: 'FILE', topic: 'hash', offset: 41 },
    });
    expect(data.lost.event).toEqual({ eventId: 'e2', availability: 'NOT_FOUND', source: null });
  });

  test('come with orchestrators and decisions in a fixed number of statements', async () => {
    const ask = (first: number) =>
      api().query(
        `{ jobs(first: ${first}) { totalCount edges { node { orchestrator { address displayName } decisions { outcome } } } } }`,
      );
    await ask(2);
    const few = await api().countStatements(() => ask(2));
    expect(await api().countStatements(() => ask(40))).toBe(few);
    expect(few).toBeLessThanOrEqual(4);
  });
});

describe('jobMetrics', () => {
  const METRICS = `jobCount selectedCount noOrchestratorCount unknownCount successCount failedCount
    successRatio { value sampleCount nullReason } selectedRatio { value }
    duration { averageMs { value sampleCount } p50Ms { value } p95Ms { value } }
    llm { requestCount failedCount successRatio { value nullReason } averageTotalTokens { value unit }
      averageTokensPerSecond { value unit } timeToFirstToken { averageMs { value } p50Ms { value nullReason } } promptTokenCount }`;

  test.each([
    ['', () => true],
    ['kind: BYOC', ({ kind }: SeedJob) => kind === 'byoc'],
    ['kind: AI_BATCH', ({ kind }: SeedJob) => kind === 'ai_batch'],
  ] as const)('(%s) count each job once, with exact averages and percentiles within 1 %%', async (args, isWanted) => {
    const { data, errors } = await api().query(
      `{ jobMetrics(${args === '' ? 'bucket: HOUR_1' : args}) { total { ${METRICS} } points { metrics { jobCount } } } }`,
    );
    expect(errors).toBeUndefined();
    const own = seeded.filter(isWanted);
    const { total, points } = data.jobMetrics;
    const said = own.filter(({ isSuccess }) => isSuccess !== null);
    const durations = own.flatMap(({ durationMs }) => durationMs ?? []).sort((a, b) => a - b);
    const llm = own.filter(({ isLlm }) => isLlm);
    const mean = durations.reduce((sum, ms) => sum + ms, 0) / durations.length;
    const rank = (quantile: number) => durations[Math.ceil(quantile * durations.length) - 1] ?? 0;
    expect(total).toMatchObject({
      jobCount: own.length,
      selectedCount: own.filter(({ outcome }) => outcome === 'selected').length,
      noOrchestratorCount: own.filter(({ outcome }) => outcome === 'no_orch').length,
      unknownCount: own.filter(({ outcome }) => outcome === 'unknown').length,
      successCount: said.filter(({ isSuccess }) => isSuccess).length,
      failedCount: said.filter(({ isSuccess }) => !isSuccess).length,
      successRatio: { value: said.filter(({ isSuccess }) => isSuccess).length / said.length, sampleCount: said.length },
      llm: { requestCount: llm.length, failedCount: 0, promptTokenCount: 5 * llm.length },
    });
    expect(total.duration.averageMs).toEqual({ value: mean, sampleCount: durations.length });
    expect(Math.abs(total.duration.p50Ms.value / rank(0.5) - 1)).toBeLessThan(0.0101);
    expect(Math.abs(total.duration.p95Ms.value / rank(0.95) - 1)).toBeLessThan(0.0101);
    if (llm.length === 0) {
      expect(total.llm.successRatio).toEqual({ value: null, nullReason: 'NO_DATA' });
      expect(total.llm.timeToFirstToken.p50Ms).toEqual({ value: null, nullReason: 'NO_DATA' });
    } else {
      expect(total.llm.averageTotalTokens).toEqual({ value: 12, unit: 'TOKENS' });
      expect(total.llm.averageTokensPerSecond).toEqual({ value: 30, unit: 'TOKENS_PER_SECOND' });
      expect(total.llm.timeToFirstToken.averageMs.value).toBe(100.5);
    }
    const inPoints = points.reduce(
      (sum: number, { metrics }: { metrics: { jobCount: number } | null }) => sum + (metrics?.jobCount ?? 0),
      0,
    );
    expect(inPoints).toBe(own.length);
  });

  test('group by any dimension, and a cursor of one kind is none of the other', async () => {
    const { data, errors } = await api().query(`{ jobMetrics(groupBy: [PIPELINE, ORCHESTRATOR], first: 2) {
      totalCount pageInfo { endCursor } edges { node { pipeline orchestratorAddress metrics { jobCount } } } } }`);
    expect(errors).toBeUndefined();
    for (const { node } of data.jobMetrics.edges) {
      const own = seeded.filter((job) => {
        const { pipeline, orchestratorAddress } = grain(job);
        return pipeline === node.pipeline && (orchestratorAddress || null) === node.orchestratorAddress;
      });
      expect(node.metrics.jobCount).toBe(own.length);
    }
    expect(data.jobMetrics.totalCount).toBe(new Set(seeded.map((job) => grain(job).grainId)).size);
    const cursor = data.jobMetrics.pageInfo.endCursor;
    const other = await api().query(
      `{ jobMetrics(groupBy: [PIPELINE, ORCHESTRATOR], kind: BYOC, after: "${cursor}") { totalCount } }`,
    );
    expect(other.errors?.[0]?.extensions.code).toBe('INVALID_CURSOR');
  });
});
