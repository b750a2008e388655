import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeBins } from '../../../src/domain/bins.js';
import { buildCapabilityIndex, type CapabilityRunRow } from '../../../src/domain/capability-index.js';
import type { SessionEvent } from '../../../src/domain/event.js';
import { resolveSession } from '../../../src/domain/session-rows.js';
import { DEFAULT_DECODE_RULES, decode } from '../../../src/ingest/decode.js';
import { naming, slicesOf } from './session-samples.js';

const FIXTURE = new URL('../../../data/recorded-session-2026-01-08.ndjson', import.meta.url);
const AT = Date.UTC(2026, 0, 8, 21, 45);

function read(): { events: SessionEvent[]; runs: CapabilityRunRow[] } {
  const events: SessionEvent[] = [];
  const runs: CapabilityRunRow[] = [];
  const lines = readFileSync(FIXTURE, 'utf8').trim().split('\n');
  lines.forEach((line, offset) => {
    const nowMs = AT + 3_600_000;
    const message = { org: 'daydream', offset, value: Buffer.from(line), brokerAtMs: nowMs, receivedAtMs: nowMs };
    const verdict = decode(message, DEFAULT_DECODE_RULES);
    if (verdict.kind !== 'accepted') throw new Error(`line ${offset} is ${verdict.kind}`);
    const { fact, eventAtMs, eventId, org } = verdict.event;
    if (fact.kind === 'session') events.push(fact.event);
    if (fact.kind !== 'capabilities') return;
    const seen = { firstAt: new Date(eventAtMs), lastAt: new Date(eventAtMs), nextAt: null };
    const ids = { firstEventId: eventId, lastEventId: eventId };
    for (const { usage: _, ...sighting } of fact.sightings) runs.push({ org, ...sighting, ...seen, ...ids });
  });
  return { events, runs };
}

function resolveRecorded(runs: readonly CapabilityRunRow[], events: readonly SessionEvent[]) {
  return resolveSession({
    org: 'daydream',
    sessionKey: events[0]?.sessionKey ?? '',
    prefix: null,
    slices: slicesOf(events),
    dirtyFromMs: null,
    capabilities: buildCapabilityIndex(runs),
    policy: { capabilityMaxAgeMs: 1_800_000 },
    naming,
  });
}

describe('the recorded session of 2026-01-08', () => {
  const { events, runs } = read();
  const { session, segments, decisions, swaps, start, buckets5m, buckets1h, identities, prefix } = resolveRecorded(
    runs,
    events,
  );

  it('has the key of both its ids and starts with its request [LIFECYCLE-001, LIFECYCLE-002]', () => {
    expect(session).toMatchObject({
      sessionKey: 'stream-o5s73x-mk5zc8fy|db936fab',
      sessionId: expect.stringMatching(/^s_[0-9a-f]{24}$/),
      startedAt: new Date(1767908945298),
      firstSeenAt: new Date(1767908945298),
      lastSeenAt: new Date(1767909115608),
      startupOutcome: 'success',
      excusal: null,
      selectionOutcome: 'selected',
      isRequested: true,
      isPlayable: true,
      hasFirstOutput: true,
      isCompleted: false,
      hasError: false,
      hasRestart: false,
      segmentCount: 1,
    });
    expect(swaps).toEqual([]);
    expect(prefix).toBeNull();
  });

  it('has the latencies of its own milestones, the runner read off its own clock [AGGREGATE-001]', () => {
    expect(session).toMatchObject({
      startupMs: 947_953 - 945_298,
      e2eMs: 947_688 - 947_583,
      gatewayRoundTripMs: 947_953 - 947_583,
      ptffMs: 952_042 - 945_607,
      hopGatewayRunnerMs: 947_585 - 947_583,
      hopRunnerMs: 947_688 - 947_585,
      hopRunnerGatewayMs: 947_953 - 947_688,
    });
    expect(session.milestones.map(({ milestone }) => milestone)).toEqual([
      'receive_request',
      'send_first_ingest',
      'runner_receive_first_ingest',
      'runner_send_first_processed',
      'receive_first_processed',
      'few_processed',
    ]);
  });

  it('sums its 17 samples exactly', () => {
    expect(session).toMatchObject({
      statusSampleCount: 17,
      runningSampleCount: 17,
      fpsSampleCount: 17,
      fpsPositiveCount: 17,
      fpsSum: '271.999176',
      fpsSquareSum: '4410.856137798456',
      inputFpsSum: '294.970011',
      lastState: 'ONLINE',
      lastFps: '16.983902',
      healthExpected: 3,
      healthObserved: 3,
      legacyHealthObserved: 3,
    });
  });

  it('is attributed by URL to the snapshot seen 76 s in [ATTRIBUTION-003, ATTRIBUTION-004, FACT-003]', () => {
    expect(decisions).toHaveLength(1);
    expect(decisions[0]).toMatchObject({
      outcome: 'resolved',
      method: 'url',
      reason: 'matched_later',
      confidence: 'low',
      orchestratorAddress: '0xd00354656922168815fcd1e51cbddb9e359e3c7f',
      pipeline: 'live-video-to-video',
      model: 'streamdiffusion-sdxl-faceid',
      gpuId: 'gpu_GPU-a8d13655-197b-2226-d09f-b4b81e07504b',
      sightings: [{ uri: 'https://rtav-orch2.xodeapp.xyz:28935', first_at: '2026-01-08T21:50:21.590Z' }],
    });
    expect(segments[0]).toMatchObject({ serviceMs: 115_608 + 52_417, statusSampleCount: 17 });
    expect(identities).toEqual(['0x52cf2968b3dc6016778742d3539449a6597d5954', 'https://rtav-orch2.xodeapp.xyz:28935']);
  });

  it('never shows the hot key as its orchestrator, known or not [ATTRIBUTION-001, ATTRIBUTION-005]', () => {
    const unknown = resolveRecorded([], events);
    expect(unknown.session).toMatchObject({
      orchestratorAddress: '',
      gpuId: '',
      attributionOutcome: 'unresolved',
      pipeline: 'live-video-to-video',
      model: 'streamdiffusion-sdxl-faceid',
    });
    expect(unknown.decisions[0]?.reason).toBe('missing_candidate');
  });

  it('counts once in the bucket of its start and says how it was attributed [LIFECYCLE-008, AGGREGATE-002, AGGREGATE-003, ATTRIBUTION-007]', () => {
    expect(start).toMatchObject({
      bucketStart: new Date(AT),
      gpuIdentityStatus: 'resolved',
      selectionOutcome: 'selected',
      attributionOutcome: 'resolved',
      knownCount: 1,
      requestedCount: 1,
      startupSuccessCount: 1,
      startupFailedCount: 0,
      effectiveFailedCount: 0,
      swappedCount: 0,
      coldStartCount: 0,
      warmStartCount: 0,
    });
  });

  it('serves two 5-minute buckets and one hour, each latency once [LIFECYCLE-009, AGGREGATE-001, AGGREGATE-004]', () => {
    expect(
      buckets5m.map((row) => [row.bucketStart.getTime(), row.statusSampleCount, row.fpsSum, row.serviceMsSum]),
    ).toEqual([
      [AT, 5, '85.948128', 52_417],
      [AT + 300_000, 12, '186.051048', 115_608],
    ]);
    expect(buckets5m.map((row) => [row.knownCount, row.startupSuccessCount, row.isTail, row.isHardwareBacked])).toEqual(
      [
        [1, 1, false, true],
        [1, 1, false, true],
      ],
    );
    expect(buckets5m.map((row) => [row.ptffSampleCount, row.ptffMsSum, row.e2eMsSum])).toEqual([
      [1, 6435, 105],
      [0, 0, 0],
    ]);
    expect(buckets1h).toHaveLength(1);
    expect(buckets1h[0]).toMatchObject({
      bucketStart: new Date(Date.UTC(2026, 0, 8, 21)),
      statusSampleCount: 17,
      degradedInferenceSampleCount: 1,
      fpsSum: '271.999176',
      serviceMsSum: 168_025,
      startupMsSum: 2655,
    });
    expect(decodeBins(buckets1h[0]?.ptffMsHistogram ?? '')).toEqual(new Map([[442, 1]]));
  });
});
