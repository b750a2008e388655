import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmptyDatabase, type TestDatabase } from '../support/postgres.js';
import {
  type Answer,
  type ApiClient,
  createApiClient,
  type Environment,
  listeningUrl,
  onDatabase,
  RECORDED_SESSION,
  type RunningNaap,
  runNaap,
  startNaap,
} from './naap.js';

const DAY_MS = 86_400_000;
const ORCHESTRATOR = '0xd00354656922168815fcd1e51cbddb9e359e3c7f';
const HOT_KEY = '52cf2968b3dc6016778742d3539449a6597d5954';
const GPU_UUID = 'a8d13655-197b-2226-d09f-b4b81e07504b';
const MODEL = 'streamdiffusion-sdxl-faceid';
/** 1767908945298 is 21:49:05.298; the last message, 170 310 ms later, is of 21:51:55.608. */
const HOUR = { start: '2026-01-08T21:00:00Z', end: '2026-01-08T22:00:00Z' };

let database: TestDatabase;
let environment: Environment;
let server: RunningNaap;
let api: ApiClient;
const said: Record<string, string> = {};

beforeAll(async () => {
  database = await createEmptyDatabase();
  environment = onDatabase(database.url());
  said.migrate = await runNaap(['migrate'], environment);
  said.replay = await runNaap(['replay', RECORDED_SESSION], environment);
  said.resolve = await runNaap(['resolve', '--mode', 'auto'], environment);
  said.score = await runNaap(['score'], environment);
  server = startNaap(['serve'], environment);
  api = createApiClient(await listeningUrl(server));
});
afterAll(async () => {
  await server?.end('SIGTERM');
  await database?.drop();
});

/** Output fps of the 17 status messages, read straight from the file and rounded as the contract says, to 1e-6. */
async function recordedFps(): Promise<readonly number[]> {
  const lines = (await readFile(RECORDED_SESSION, 'utf8')).trim().split('\n');
  return lines
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === 'ai_stream_status')
    .map(({ data }) => Math.round(data.inference_status.fps * 1e6) / 1e6);
}

const METRIC = '{ value unit nullReason sampleCount }';

async function recordedSession(fields: string): Promise<Answer> {
  const { sessions } = await api.ask(
    `query ($in: TimeRangeInput) {
    sessions(startedIn: $in) { totalCount edges { node { ${fields} } } }
  }`,
    { in: HOUR },
  );
  expect(sessions.totalCount).toBe(1);
  return sessions.edges[0].node;
}

describe('the recorded session from bytes to answers [PARITY-001]', () => {
  it('is accepted whole, and the commands say so', () => {
    expect(said.migrate).toMatch(/^engine (postgres|timescaledb), applied: 0001/);
    expect(said.replay).toContain('65 consumed = 65 accepted + 0 ignored + 0 rejected + 0 duplicate');
    expect(said.resolve).toBe('auto done\n');
    expect(said.score).toBe('rollups and scores are up to date\n');
  });

  it('is one requested, playable session that nobody closed [LIFECYCLE-002, LIFECYCLE-003]', async () => {
    const session = await recordedSession(`
      org sessionId streamId requestId startedAt lastSeenAt endedAt durationMinutes ${METRIC} state startupOutcome
      selectionOutcome excusal isRequested isPlayable hasFirstOutput isLoadingOnly isZeroOutput hasError hasRestart
      isSynthetic isColdStart segmentCount explicitSwapCount inferredSwapCount gateway region lastStatus`);
    expect(session).toMatchObject({
      org: 'daydream',
      sessionId: expect.stringMatching(/^s_[0-9a-f]{24}$/),
      streamId: 'stream-o5s73x-mk5zc8fy',
      requestId: 'db936fab',
      startedAt: '2026-01-08T21:49:05.298Z',
      lastSeenAt: '2026-01-08T21:51:55.608Z',
      // no close event and silent for more than 30 minutes: lost, ended when it was last seen
      state: 'LOST',
      endedAt: '2026-01-08T21:51:55.608Z',
      startupOutcome: 'SUCCESS',
      selectionOutcome: 'SELECTED',
      excusal: null,
      isRequested: true,
      isPlayable: true,
      hasFirstOutput: true,
      isLoadingOnly: false,
      isZeroOutput: false,
      hasError: false,
      hasRestart: false,
      isSynthetic: false,
      segmentCount: 1,
      explicitSwapCount: 0,
      inferredSwapCount: 0,
      lastStatus: 'ONLINE',
      // the envelopes have a blank gateway, none is configured with a region, and only v1 says how it started
      gateway: null,
      region: null,
      isColdStart: null,
    });
    // (1767909115608 − 1767908945298) / 60 000 = 170 310 / 60 000
    expect(session.durationMinutes.value).toBeCloseTo(2.8385, 10);
  });

  it('has the latencies and hops of its milestones, the runner on its own clock [AGGREGATE-001]', async () => {
    const { latencies, milestones } = await recordedSession(`
      latencies { startupMs ${METRIC} e2eMs ${METRIC} gatewayRoundTripMs ${METRIC} ptffMs ${METRIC}
        gatewayToRunnerMs ${METRIC} runnerProcessingMs ${METRIC} runnerToGatewayMs ${METRIC} }
      milestones { milestone at ownAt clock }`);
    const ms = (value: number) => ({ value, unit: 'MILLISECONDS', nullReason: 'OK', sampleCount: 1 });
    expect(latencies).toEqual({
      startupMs: ms(2_655), // request …945298 → gateway's first processed …947953
      e2eMs: ms(105), // first ingest segment …947583 → runner's first processed …947688, on the runner's clock
      gatewayRoundTripMs: ms(370), // …947583 → …947953, both the gateway's
      ptffMs: ms(6_435), // start_time …945607 → few processed …952042
      gatewayToRunnerMs: ms(2), // …947583 → …947585
      runnerProcessingMs: ms(103), // …947585 → …947688
      runnerToGatewayMs: ms(265), // …947688 → …947953
    });
    expect(milestones.filter(({ clock }: Answer) => clock === 'RUNNER')).toEqual([
      // the envelope's clock is behind: …947583 where the runner says …947585
      {
        milestone: 'RUNNER_RECEIVE_FIRST_INGEST',
        at: '2026-01-08T21:49:07.583Z',
        ownAt: '2026-01-08T21:49:07.585Z',
        clock: 'RUNNER',
      },
      {
        milestone: 'RUNNER_SEND_FIRST_PROCESSED',
        at: '2026-01-08T21:49:07.689Z',
        ownAt: '2026-01-08T21:49:07.688Z',
        clock: 'RUNNER',
      },
    ]);
  });

  it('belongs to the on-chain address, model and GPU that the report 76 s later names [ATTRIBUTION-001, ATTRIBUTION-003, FACT-003]', async () => {
    const session = await recordedSession(`
      orchestratorAddress pipeline model gpuId attributionOutcome
      orchestrator { address aliasCount gpuCount version uris region offers { pipeline model isWarm capacity } }
      segments { ordinal startedAt endedAt orchestratorAddress orchestratorUri attributionOutcome attributionMethod
        attributionReason attributionConfidence statusSampleCount serviceMinutes ${METRIC} }
      decisions { outcome method reason confidence isCurrent orchestratorAddress gpuId
        sightings { orchestratorAddress orchestratorUri firstSeenAt } }`);
    const who = { orchestratorAddress: ORCHESTRATOR, gpuId: expect.stringMatching(/^gpu_[0-9a-f]{16}$/) };
    // reported first at 1767909021590: after the start, before the end, so later and no more than low confidence
    const how = { outcome: 'RESOLVED', method: 'URL', reason: 'MATCHED_LATER', confidence: 'LOW' };
    expect(session).toMatchObject({ ...who, pipeline: 'live-video-to-video', model: MODEL });
    expect(session.attributionOutcome).toBe('RESOLVED');
    expect(session.orchestrator).toEqual({
      address: ORCHESTRATOR,
      aliasCount: 1,
      gpuCount: 1,
      version: '0.8.8-3a5678ec-dirty',
      uris: ['https://rtav-orch2.xodeapp.xyz:28935'],
      region: null,
      // no capacity is said and one is in use: at least that one is offered
      offers: [{ pipeline: 'live-video-to-video', model: MODEL, isWarm: true, capacity: 1 }],
    });
    expect(session.segments).toHaveLength(1);
    expect(session.segments[0]).toMatchObject({
      ordinal: 0,
      startedAt: '2026-01-08T21:49:05.298Z',
      endedAt: '2026-01-08T21:51:55.608Z',
      orchestratorAddress: ORCHESTRATOR,
      orchestratorUri: 'https://rtav-orch2.xodeapp.xyz:28935',
      statusSampleCount: 17,
      ...{ attributionOutcome: 'RESOLVED', attributionMethod: 'URL' },
      ...{ attributionReason: 'MATCHED_LATER', attributionConfidence: 'LOW' },
    });
    // from the first event that shows it, …947583, to the last status, …115608, never 2 minutes apart: 168 025 ms
    expect(session.segments[0].serviceMinutes.value).toBeCloseTo(168_025 / 60_000, 10);
    expect(session.decisions).toEqual([
      {
        ...how,
        ...who,
        isCurrent: true,
        sightings: [
          {
            orchestratorAddress: ORCHESTRATOR,
            orchestratorUri: 'https://rtav-orch2.xodeapp.xyz:28935',
            firstSeenAt: '2026-01-08T21:50:21.590Z',
          },
        ],
      },
    ]);
  });

  it('averages its 17 samples and sees all three health signals [LIFECYCLE-007]', async () => {
    const fps = await recordedFps();
    expect(fps).toHaveLength(17);
    const session = await recordedSession(
      `statusSampleCount averageFps ${METRIC} averageInputFps ${METRIC} healthCoverageRatio ${METRIC}`,
    );
    expect(session.statusSampleCount).toBe(17);
    expect(session.averageFps).toMatchObject({ unit: 'FRAMES_PER_SECOND', nullReason: 'OK', sampleCount: 17 });
    expect(session.averageFps.value).toBeCloseTo(fps.reduce((sum, one) => sum + one, 0) / 17, 9);
    expect(session.averageFps.value).toBeCloseTo(15.999_951_529, 9); // 271.999176 / 17
    expect(session.averageInputFps.value).toBeCloseTo(17.351_177_118, 9); // 294.970011 / 17
    // a status, a first processed segment, playable: 3 of 3
    expect(session.healthCoverageRatio).toMatchObject({ value: 1, sampleCount: 3 });
  });

  it('is demand once, in the bucket of its start [LIFECYCLE-008, AGGREGATE-002]', async () => {
    const { networkDemand } = await api.ask(
      `query ($range: TimeRangeInput) {
      networkDemand(range: $range, bucket: MINUTE_5, groupBy: [PIPELINE, MODEL]) {
        totalCount
        total { knownCount requestedCount startupSuccessCount startupFailedCount noOrchestratorCount loadingOnlyCount
          zeroOutputCount effectiveFailedCount swappedCount startupSuccessRatio ${METRIC} noSwapRatio ${METRIC} }
        edges { node { pipeline model points { start metrics { requestedCount } } } }
        previousTotal { requestedCount }
      }
    }`,
      { range: HOUR },
    );
    expect(networkDemand.totalCount).toBe(1);
    expect(networkDemand.previousTotal).toBeNull();
    const ratio = { value: 1, unit: 'RATIO', nullReason: 'OK', sampleCount: 1 };
    expect(networkDemand.total).toEqual({
      knownCount: 1,
      requestedCount: 1,
      startupSuccessCount: 1,
      startupFailedCount: 0,
      noOrchestratorCount: 0,
      loadingOnlyCount: 0,
      zeroOutputCount: 0,
      effectiveFailedCount: 0,
      swappedCount: 0,
      startupSuccessRatio: ratio,
      noSwapRatio: ratio,
    });
    const { pipeline, model, points } = networkDemand.edges[0].node;
    expect({ pipeline, model }).toEqual({ pipeline: 'live-video-to-video', model: MODEL });
    expect(points).toHaveLength(12);
    expect(points.filter(({ metrics }: Answer) => metrics !== null)).toEqual([
      { start: '2026-01-08T21:45:00.000Z', metrics: { requestedCount: 1 } },
    ]);
  });

  it('is served in one hour and in two buckets of five minutes [LIFECYCLE-009]', async () => {
    const query = `query ($range: TimeRangeInput, $bucket: Bucket) {
      serviceMetrics(range: $range, bucket: $bucket, groupBy: [ORCHESTRATOR, GPU]) {
        totalCount
        edges { node { orchestratorAddress gpuId metrics {
          requestedCount startupSuccessCount statusSampleCount errorSampleCount swappedCount
          states { onlineCount degradedInferenceCount degradedInputCount loadingCount offlineCount errorCount }
          serviceMinutes ${METRIC} averageFps ${METRIC} fpsJitter ${METRIC} p50Fps ${METRIC} transportBandwidthMbps ${METRIC}
          healthCoverageRatio ${METRIC}
          e2e { averageMs ${METRIC} p95Ms ${METRIC} } startup { averageMs ${METRIC} } ptff { averageMs ${METRIC} }
        } points { start metrics { statusSampleCount requestedCount e2e { averageMs ${METRIC} } } } } }
      }
    }`;
    const hour = (await api.ask(query, { range: HOUR, bucket: 'HOUR_1' })).serviceMetrics;
    expect(hour.totalCount).toBe(1);
    const { orchestratorAddress, gpuId, metrics } = hour.edges[0].node;
    expect(orchestratorAddress).toBe(ORCHESTRATOR);
    expect(gpuId).toMatch(/^gpu_[0-9a-f]{16}$/);
    expect(metrics).toMatchObject({
      requestedCount: 1,
      startupSuccessCount: 1,
      statusSampleCount: 17,
      errorSampleCount: 0,
      swappedCount: 0,
      // 9.79 fps at …075608 is the one degraded sample
      states: {
        ...{ onlineCount: 16, degradedInferenceCount: 1, degradedInputCount: 0 },
        ...{ loadingCount: 0, offlineCount: 0, errorCount: 0 },
      },
      healthCoverageRatio: { value: 1, nullReason: 'OK' },
      transportBandwidthMbps: { value: null, nullReason: 'NOT_COLLECTED' },
    });
    expect(metrics.serviceMinutes.value).toBeCloseTo(168_025 / 60_000, 10);
    expect(metrics.e2e.averageMs).toMatchObject({ value: 105, sampleCount: 1 });
    expect(metrics.startup.averageMs).toMatchObject({ value: 2_655, sampleCount: 1 });
    expect(metrics.ptff.averageMs).toMatchObject({ value: 6_435, sampleCount: 1 });
    // a percentile is within 1 % of the nearest rank
    expect(Math.abs(metrics.e2e.p95Ms.value - 105)).toBeLessThan(1.05);
    const fps = await recordedFps();
    const mean = fps.reduce((sum, one) => sum + one, 0) / 17;
    const variance = fps.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 17;
    expect(metrics.fpsJitter.value).toBeCloseTo(Math.sqrt(variance) / mean, 9);
    // rank ⌈0.5 · 17⌉ = 9
    const median = [...fps].sort((a, b) => a - b)[8] ?? 0;
    expect(Math.abs(metrics.p50Fps.value - median)).toBeLessThan(0.01 * median);

    // statuses at 21:49:15 … :55 are 5, those after 21:50 are 12; the latency counts once, in the bucket of its end
    const five = (await api.ask(query, { range: HOUR, bucket: 'MINUTE_5' })).serviceMetrics;
    const filled = five.edges[0].node.points.filter((point: Answer) => point.metrics !== null);
    expect(filled).toMatchObject([
      {
        start: '2026-01-08T21:45:00.000Z',
        metrics: { statusSampleCount: 5, requestedCount: 1, e2e: { averageMs: { value: 105, nullReason: 'OK' } } },
      },
      {
        start: '2026-01-08T21:50:00.000Z',
        metrics: {
          statusSampleCount: 12,
          requestedCount: 1,
          e2e: { averageMs: { value: null, nullReason: 'NO_DATA' } },
        },
      },
    ]);
  });

  it('scores 85 for its hour: all reliable, and no benchmark to judge its quality by [AGGREGATE-005]', async () => {
    const { slaScores } = await api.ask(
      `query ($range: TimeRangeInput) {
      slaScores(range: $range, bucket: HOUR_1, groupBy: [ORCHESTRATOR]) {
        totalCount
        edges { node { orchestratorAddress score {
          value ${METRIC} isFinal scoringVersion missing
          subscores { name of raw weight value ${METRIC} }
          inputs { requestedCount startupSuccessCount swappedExplicitCount outputFailedCount healthObservedCount
            healthExpectedCount legacyHealthObservedCount ptffMsSum ptffSampleCount e2eMsSum e2eSampleCount fpsSum
            fpsSampleCount }
          benchmarks { kind isSufficient rowCount }
        } } }
      }
    }`,
      { range: HOUR },
    );
    expect(slaScores.totalCount).toBe(1);
    const { orchestratorAddress, score } = slaScores.edges[0].node;
    expect(orchestratorAddress).toBe(ORCHESTRATOR);
    expect(score.inputs).toEqual({
      requestedCount: 1,
      startupSuccessCount: 1,
      swappedExplicitCount: 0,
      outputFailedCount: 0,
      healthObservedCount: 3,
      healthExpectedCount: 3,
      legacyHealthObservedCount: 3,
      ptffMsSum: 6_435,
      ptffSampleCount: 1,
      e2eMsSum: 105,
      e2eSampleCount: 1,
      fpsSum: '271.999176',
      fpsSampleCount: 17,
    });
    // reliability = 0.4·1 + 0.2·1 + 0.4·1 = 1
    // no day before has rows, so raw = 0.5 and shrunk = 0.5 + min(n/N, 1)·(0.5 − 0.5) = 0.5 for all three
    // latency = 0.6·0.5 + 0.4·0.5 = 0.5, quality = 0.6·0.5 + 0.4·0.5 = 0.5
    // score = 100 · (3/3) · (0.7·1 + 0.3·0.5) = 85
    expect(score).toMatchObject({ isFinal: true, scoringVersion: 'quality-benchmark-v1', missing: [] });
    expect(score.value).toMatchObject({ unit: 'POINTS', nullReason: 'OK', sampleCount: 1 });
    expect(score.value.value).toBeCloseTo(85, 9);
    const value = (name: string): number =>
      score.subscores.find((subscore: Answer) => subscore.name === name)?.value.value;
    for (const name of ['ptff', 'e2e', 'fps', 'latency', 'quality']) expect(value(name), name).toBeCloseTo(0.5, 9);
    for (const name of ['reliability', 'coverage', 'startupSuccess', 'noSwap', 'outputViability'])
      expect(value(name), name).toBeCloseTo(1, 9);
    for (const { isSufficient } of score.benchmarks) expect(isSufficient).toBe(false);
  });

  it('is not in the last 24 hours, and every null there says why', async () => {
    const answer = await api.get('/v1/sla/score');
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text).data).toMatchObject({ score: null, null_reason: 'NO_DATA', window: '24h' });
    const { slaScores, networkDemand } = await api.ask(`{
      slaScores { totalCount total { value ${METRIC} } }
      networkDemand { total { requestedCount } points { metrics { requestedCount } } }
    }`);
    expect(slaScores).toEqual({ totalCount: 0, total: null });
    expect(networkDemand.total).toBeNull();
    expect(networkDemand.points.every(({ metrics }: Answer) => metrics === null)).toBe(true);
  });

  it('counts its 65 messages by source, and nothing waits', async () => {
    const { meta } = await api.ask(`{ meta {
      sources { kind org consumedCount acceptedCount ignoredCount rejectedCount duplicateCount nextOffset newestEventAt }
      backlog { log markCount }
    } }`);
    expect(meta.sources).toEqual([
      {
        kind: 'FILE',
        org: 'daydream',
        consumedCount: 65,
        acceptedCount: 65,
        ignoredCount: 0,
        rejectedCount: 0,
        duplicateCount: 0,
        nextOffset: 65,
        newestEventAt: '2026-01-08T21:51:55.608Z',
      },
    ]);
    const waiting = meta.backlog.filter(({ markCount }: Answer) => markCount > 0);
    expect(waiting).toEqual([]);
  });

  it('leads from its score to the line of the file where each event was read [LINEAGE-002]', async () => {
    const { slaScores } = await api.ask(
      `query ($range: TimeRangeInput) {
      slaScores(range: $range, bucket: HOUR_1, groupBy: [ORCHESTRATOR], first: 1) { edges { node { score {
        contributions(first: 1) { totalCount edges { node { inputs { fpsSampleCount } session {
          events(first: 100) { totalCount availability edges { node { eventId family source { kind topic offset } } } }
        } } } }
      } } } }
    }`,
      { range: HOUR },
    );
    const { contributions } = slaScores.edges[0].node.score;
    expect(contributions.totalCount).toBe(1);
    const { inputs, session } = contributions.edges[0].node;
    expect(session.events).toMatchObject({ totalCount: 57, availability: 'KEPT' });
    const file = await readFile(RECORDED_SESSION);
    const lines = file.toString('utf8').split('\n');
    for (const { node } of session.events.edges) {
      expect(node.source).toMatchObject({ kind: 'FILE', topic: createHash('sha256').update(file).digest('hex') });
      expect(JSON.parse(lines[node.source.offset] ?? '')).toMatchObject({ id: node.eventId, type: node.family });
    }
    const statuses = session.events.edges.filter(({ node }: Answer) => node.family === 'ai_stream_status');
    expect(statuses).toHaveLength(inputs.fpsSampleCount);
  });

  it('changes nothing when it is replayed, resolved and scored again [LINEAGE-001, FACT-002]', async () => {
    const fields = `sessionId orchestratorAddress averageFps ${METRIC} segments { ordinal } decisions { decidedAt }`;
    const before = await recordedSession(fields);
    expect(await runNaap(['replay', RECORDED_SESSION], environment)).toContain('65 lines were consumed before');
    await runNaap(['resolve', '--mode', 'tail'], environment);
    await runNaap(['resolve', '--mode', 'bootstrap'], environment);
    await runNaap(['score'], environment);
    expect(await recordedSession(fields)).toEqual(before);
  });

  it('scores 85 in /v1 when it is of yesterday [SERVING-002]', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'naap-test-'));
    try {
      const file = join(folder, 'yesterday.ndjson');
      await writeFile(file, await asOfYesterday());
      expect(await runNaap(['replay', file], environment)).toContain('65 consumed = 65 accepted');
    } finally {
      await rm(folder, { recursive: true });
    }
    await runNaap(['resolve'], environment);
    await runNaap(['score'], environment);
    for (const query of [
      '?window=2d',
      `?window=48h&orchestrator_address=${ORCHESTRATOR.toUpperCase().replace('X', 'x')}`,
    ]) {
      const { data } = JSON.parse((await api.get(`/v1/sla/score${query}`)).text);
      expect(data).toMatchObject({ null_reason: 'OK', scoring_version: 'quality-benchmark-v1' });
      expect(data.score).toBeCloseTo(85, 9);
      expect(data.inputs).toMatchObject({ requested_count: 1, ptff_ms_sum: 6_435, e2e_ms_sum: 105 });
    }
    const { slaScores } = await api.ask(
      `query ($range: TimeRangeInput) {
      slaScores(range: $range, groupBy: [ORCHESTRATOR]) { edges { node { score { value ${METRIC} } } } }
    }`,
      { range: { start: new Date(Date.now() - 2 * DAY_MS), end: new Date() } },
    );
    expect(slaScores.edges[0].node.score.value.value).toBeCloseTo(85, 9);
  });

  it('answers nobody with a hot key, a GPU uuid, a client address or a prompt [PRIVACY-001]', async () => {
    const { orchestrator, orchestrators } = await api.ask(`{
      orchestrator(address: "0x${HOT_KEY}") { address }
      orchestrators { edges { node { address uris offers { model } slaScore { value ${METRIC} } } } }
    }`);
    expect(orchestrator).toBeNull();
    expect(orchestrators.edges.map(({ node }: Answer) => node.address)).toEqual([ORCHESTRATOR]);
    await recordedSession('id milestones { eventId } swaps { eventId reason }');
    await api.ask(
      `query ($range: TimeRangeInput) {
      statusSeries(range: $range, bucket: MINUTE_5) { points { metrics { statusSampleCount } } }
    }`,
      { range: HOUR },
    );
    await api.get('/metrics');
    const file = await readFile(RECORDED_SESSION, 'utf8');
    const prompt = /"prompt":\s*"([^"]{8,})"/.exec(file)?.[1];
    const secrets = [
      HOT_KEY,
      GPU_UUID,
      'clientip',
      'client_ip',
      'last_params',
      ...(prompt === undefined ? [] : [prompt]),
    ];
    expect(api.answers.length).toBeGreaterThan(15);
    for (const answer of api.answers) {
      for (const secret of secrets) expect(answer.toLowerCase()).not.toContain(secret.toLowerCase());
    }
  });
});

/** The same messages, whole days later, under other ids. */
async function asOfYesterday(): Promise<string> {
  const recordedDay = Date.UTC(2026, 0, 8);
  const shiftMs = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS - recordedDay;
  return (await readFile(RECORDED_SESSION, 'utf8'))
    .replace(/\b17679\d{8}\b/g, (text) => String(Number(text) + shiftMs))
    .replaceAll('"id": "', '"id": "again-')
    .replaceAll('"id":"', '"id":"again-')
    .replaceAll('stream-o5s73x-mk5zc8fy', 'stream-again');
}
