import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBins } from '../../../src/domain/bins.js';
import type { CapabilityRunRow } from '../../../src/domain/capability-index.js';
import type { SessionEvent } from '../../../src/domain/event.js';
import { LATENCIES } from '../../../src/domain/latencies.js';
import type { SessionBucketRow } from '../../../src/domain/rollup-source-rows.js';
import { decodePrefix, encodePrefix, prefixServes, type SessionPrefix } from '../../../src/domain/session-prefix.js';
import type { ResolvedSession } from '../../../src/domain/session-rows.js';
import { sliceStartMs } from '../../../src/domain/time.js';
import { naiveBuckets, restartsUntil } from './naive-buckets.js';
import { NaiveSession } from './naive-session.js';
import { capabilityRuns, sessionEvents } from './random-sessions.js';
import { HOUR, MINUTE, resolve } from './session-samples.js';

function comparable(resolved: ResolvedSession, rows: readonly SessionBucketRow[]): Record<string, unknown> {
  const grains = new Map(resolved.grains.map((grain) => [grain.grainId, grain]));
  return Object.fromEntries(
    rows.map((row) => {
      const g = grains.get(row.grainId);
      if (g === undefined) throw new Error(`grain ${row.grainId} is not returned`);
      const key = [g.gateway, g.orchestratorAddress, g.pipeline, g.model, g.gpuId, g.region, g.isSynthetic].join('|');
      expect(row.isHardwareBacked).toBe(g.gpuId !== '');
      expect([...decodeBins(row.fpsHistogram).values()].reduce((a, b) => a + b, 0)).toBe(row.fpsPositiveCount);
      const latencies = LATENCIES.filter((name) => row[`${name}SampleCount`] > 0).map((name) => [
        name,
        row[`${name}MsSum`],
      ]);
      return [
        `${row.bucketStart.getTime()}|${key}`,
        {
          isTail: row.isTail,
          lastSeen: row.lastSeenAt.getTime(),
          known: row.knownCount,
          requested: row.requestedCount,
          success: row.startupSuccessCount,
          noOrch: row.noOrchCount,
          excused: row.startupExcusedCount,
          failed: row.startupFailedCount,
          loadingOnly: row.loadingOnlyCount,
          zeroOutput: row.zeroOutputCount,
          outputFailed: row.outputFailedCount,
          effectiveFailed: row.effectiveFailedCount,
          explicit: row.swappedExplicitCount,
          inferred: row.swappedInferredCount,
          swapped: row.swappedCount,
          cold: row.coldStartCount,
          warm: row.warmStartCount,
          loadingImage: row.loadingImageCount,
          statuses: row.statusSampleCount,
          errors: row.errorSampleCount,
          fpsCount: row.fpsSampleCount,
          positive: row.fpsPositiveCount,
          fpsSum: Math.round(Number(row.fpsSum) * 1e6),
          inputs: row.inputFpsSampleCount,
          expected: row.healthExpectedCount,
          observed: row.healthObservedCount,
          legacy: row.legacyHealthObservedCount,
          serviceMs: row.serviceMsSum,
          restarts: row.restartCount,
          updates: row.parameterUpdateCount,
          tx: [row.txSampleCount, row.txBytesSum, row.txMsSum],
          rx: [row.rxSampleCount, row.rxBytesSum, row.rxMsSum],
          gpu: {
            count: row.gpuUtilisationSampleCount,
            utilisation: Math.round(Number(row.gpuUtilisationSum) * 1e6),
            flops: row.flopsSampleCount,
            achieved: Number(row.achievedFlopsSum),
            peak: Number(row.peakFlopsSum),
          },
          latencies: Object.fromEntries(latencies),
          startups: [
            ...(row.coldStartupSampleCount > 0 ? [[true, row.coldStartupMsSum]] : []),
            ...(row.warmStartupSampleCount > 0 ? [[false, row.warmStartupMsSum]] : []),
          ],
        },
      ];
    }),
  );
}

const TEN_MINUTES = 10 * MINUTE;

const world = fc.tuple(sessionEvents, capabilityRuns);

describe('resolving a session', () => {
  it('agrees with a naive second reading of the contract in every period row [LIFECYCLE-009, AGGREGATE-001]', () => {
    fc.assert(
      fc.property(world, ([events, runs]) => {
        const resolved = resolve(events, runs);
        expect(comparable(resolved, resolved.buckets5m)).toEqual(naiveBuckets(events, runs, 5 * MINUTE));
        expect(comparable(resolved, resolved.buckets1h)).toEqual(naiveBuckets(events, runs, HOUR));
      }),
      { numRuns: 600 },
    );
  });

  it('agrees with it in segments, swaps and the flags of a whole life [LIFECYCLE-005, LIFECYCLE-006, LIFECYCLE-008]', () => {
    fc.assert(
      fc.property(world, ([events, runs]) => {
        const resolved = resolve(events, runs);
        const { session, segments, swaps, start } = resolved;
        const naive = new NaiveSession(events, runs);
        const flags = naive.flags();
        expect(
          segments.map((s) => [
            s.startedAt.getTime(),
            s.endedAt.getTime(),
            s.outcome,
            s.reason,
            s.confidence,
            s.orchestratorAddress,
            s.pipeline,
            s.model,
            s.gpuId,
          ]),
        ).toEqual(
          naive.parts.map((part) => {
            const d = naive.decide(part);
            return [
              part.events[0]?.eventAtMs,
              part.events.at(-1)?.eventAtMs,
              d.outcome,
              d.reason,
              d.confidence,
              d.address,
              d.pipeline,
              d.model,
              d.gpu,
            ];
          }),
        );
        expect(swaps.map((s) => [s.swappedAt.getTime(), s.isExplicit])).toEqual(
          naive.swaps().map((s) => [s.at, s.isExplicit]),
        );
        const grains = new Map(resolved.grains.map((grain) => [grain.grainId, grain]));
        expect(
          swaps.map((s) => [grains.get(s.grainId)?.orchestratorAddress, s.bucketStart.getTime(), s.isRequested]),
        ).toEqual(
          naive.swaps().map(({ at, from }) => {
            const part = from === null ? undefined : naive.parts[from];
            return [part === undefined ? '' : naive.decide(part).address, sliceStartMs(at), flags.isRequested];
          }),
        );
        expect(session.startedAt.getTime()).toBe(flags.startedAt);
        expect(session.excusal ?? session.startupOutcome).toBe(flags.startup);
        expect(start.bucketStart.getTime()).toBe(sliceStartMs(flags.startedAt));
        expect(start.swappedCount).toBe(Number(flags.isRequested && swaps.length > 0));
        expect(session.ptffMs).toBe(naive.latencies().ptff?.ms ?? null);
        expect(session.e2eMs).toBe(naive.latencies().e2e?.ms ?? null);
      }),
      { numRuns: 400 },
    );
  });

  it('puts every effectively failed or excused session in one class, for the reason of one error [AGGREGATE-002]', () => {
    const held = ['startup_failed', 'loading_only', 'zero_output'];
    fc.assert(
      fc.property(world, ([events, runs]) => {
        const { session, start } = resolve(events, runs);
        const failure = [session.failureClass, session.failureReason, session.failureEventId];
        expect(session.failureClass === null ? null : failure).toEqual(new NaiveSession(events, runs).failure());
        expect(start.failureClass).toBe(session.failureClass ?? '');
        expect(start.failureReason).toBe(session.failureReason ?? '');
        // demand's counters: the first three classes are its effective failures, the others what it excuses beside them
        expect(Number(held.includes(start.failureClass))).toBe(start.effectiveFailedCount);
        expect(Number(start.failureClass !== '')).toBe(Math.max(start.effectiveFailedCount, start.startupExcusedCount));
      }),
      { numRuns: 600 },
    );
  });

  it('yields the same rows from the tail as from everything, as far back as it rewrites [FACT-002, PARITY-002]', () => {
    fc.assert(
      fc.property(world, fc.nat(60), ([events, runs], cut) => {
        const first = events.slice(0, Math.max(1, events.length - 1 - (cut % 6)));
        const later = events.slice(first.length);
        if (later.length === 0) return;
        const stored = resolve(first, runs);
        expectTailEqualsAll(events, runs, stored, Math.min(...later.map((one) => sliceStartMs(one.eventAtMs))));
      }),
      { numRuns: 600 },
    );
  });

  it('replaces stored rows so that live, late, repaired and rebuilt are one [FACT-002, PARITY-002]', () => {
    const batchOf = fc.array(fc.oneof(fc.constant(0), fc.nat(3)), { minLength: 45, maxLength: 45 });
    fc.assert(
      fc.property(world, batchOf, ([events, runs], delays) => {
        // mostly in order of time, some events up to three batches late
        const batches = events.map((one, index) => ({ one, batch: Math.floor(index / 5) + (delays[index] ?? 0) }));
        let live: ResolvedSession | null = null;
        let rows5m: readonly SessionBucketRow[] = [];
        let rows1h: readonly SessionBucketRow[] = [];
        let ingest5m: ResolvedSession['ingest5m'] = [];
        let ingest1h: ResolvedSession['ingest1h'] = [];
        for (let batch = 0; batch <= 12; batch += 1) {
          const fresh = batches.filter((each) => each.batch === batch).map(({ one }) => one);
          if (fresh.length === 0) continue;
          const known = batches.filter((each) => each.batch <= batch).map(({ one }) => one);
          const dirtyFromMs: number = Math.min(...fresh.map((one) => sliceStartMs(one.eventAtMs)));
          const prefix: SessionPrefix | null = live?.prefix ?? null;
          const served = prefix !== null && prefixServes(prefix, dirtyFromMs) ? prefix : null;
          const next: ResolvedSession = resolve(known, runs, { prefix: served, dirtyFromMs });
          rows5m = [...rows5m.filter((r) => r.bucketStart.getTime() < next.rewritten5mFromMs), ...next.buckets5m];
          rows1h = [...rows1h.filter((r) => r.bucketStart.getTime() < next.rewritten1hFromMs), ...next.buckets1h];
          ingest5m = [...ingest5m.filter((r) => r.bucketStart.getTime() < next.rewritten5mFromMs), ...next.ingest5m];
          ingest1h = [...ingest1h.filter((r) => r.bucketStart.getTime() < next.rewritten1hFromMs), ...next.ingest1h];
          live = next;
        }
        const rebuilt = resolve(events, runs);
        expect(rows5m).toEqual(rebuilt.buckets5m);
        expect(rows1h).toEqual(rebuilt.buckets1h);
        expect(ingest5m).toEqual(rebuilt.ingest5m);
        expect(ingest1h).toEqual(rebuilt.ingest1h);
        expect(live?.session).toEqual(rebuilt.session);
      }),
      { numRuns: 400 },
    );
  });

  it('changes no final bucket by what happens later, where no attribution changes [LIFECYCLE-009]', () => {
    fc.assert(
      fc.property(world, fc.nat(45), ([events, runs], kept) => {
        const nowMs = events[kept]?.eventAtMs ?? Number.POSITIVE_INFINITY;
        const known = events.filter((one) => one.eventAtMs < nowMs);
        fc.pre(known.length > 0);
        const by = resolve(known, runs);
        const later = resolve(events, runs);
        // a decision may still learn of a hint or a report; then the key of its rows does
        const decisions = by.segments.map(({ outcome, orchestratorAddress, pipeline, model, gpuId }) => ({
          outcome,
          orchestratorAddress,
          pipeline,
          model,
          gpuId,
        }));
        fc.pre(
          decisions.every((decided, ordinal) => {
            const is = later.segments[ordinal];
            return (
              is !== undefined && Object.entries(decided).every(([name, value]) => Reflect.get(is, name) === value)
            );
          }),
        );
        for (const [before, after, width] of [
          [by.buckets5m, later.buckets5m, 5 * MINUTE],
          [by.buckets1h, later.buckets1h, HOUR],
        ] as const) {
          const isFinal = (row: SessionBucketRow) => row.bucketStart.getTime() + width + TEN_MINUTES <= nowMs;
          expect(comparable(later, after.filter(isFinal))).toEqual(comparable(by, before.filter(isFinal)));
        }
      }),
      { numRuns: 400 },
    );
  });

  it('does not depend on the order or repetition of its events [FACT-002]', () => {
    const shuffled = world.chain(([events, runs]) =>
      fc.tuple(
        fc.constant(events),
        fc.constant(runs),
        fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([events, runs, mixed]) => {
        expect(resolve(mixed, [...runs].reverse())).toEqual(resolve(events, runs));
      }),
      { numRuns: 150 },
    );
  });

  it('counts every restart and parameter update in one bucket of each width [AGGREGATE-001]', () => {
    fc.assert(
      fc.property(world, ([events, runs]) => {
        const { buckets5m, buckets1h, session } = resolve(events, runs);
        const sum = (rows: readonly SessionBucketRow[], of: 'restartCount' | 'parameterUpdateCount') =>
          rows.reduce((total, row) => total + row[of], 0);
        const naive = new NaiveSession(events, runs);
        const restarts = naive.parts.map((part) => restartsUntil(part.events, Number.POSITIVE_INFINITY));
        expect(session.restartCount).toBe(restarts.reduce((a, b) => a + b, 0));
        expect(session.restartCount > 0).toBe(session.hasRestart);
        for (const rows of [buckets5m, buckets1h]) {
          expect(sum(rows, 'restartCount')).toBe(session.restartCount);
          expect(sum(rows, 'parameterUpdateCount')).toBe(session.parameterUpdateCount);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives an hour exactly the minutes of its 5-minute buckets, and no bucket more than its width', () => {
    fc.assert(
      fc.property(world, ([events, runs]) => {
        const { buckets5m, buckets1h, segments } = resolve(events, runs);
        const service = (rows: readonly SessionBucketRow[]) => rows.reduce((sum, row) => sum + row.serviceMsSum, 0);
        expect(service(buckets1h)).toBe(service(buckets5m));
        expect(service(buckets5m)).toBe(segments.reduce((sum, segment) => sum + segment.serviceMs, 0));
        for (const row of buckets5m) expect(row.serviceMsSum).toBeLessThanOrEqual(5 * MINUTE);
      }),
    );
  });
});

function expectTailEqualsAll(
  events: readonly SessionEvent[],
  runs: readonly CapabilityRunRow[],
  stored: ResolvedSession,
  dirtyFromMs: number,
): void {
  const all = resolve(events, runs);
  if (stored.prefix === null || !prefixServes(stored.prefix, dirtyFromMs)) return;
  const prefix = decodePrefix(stored.prefix.untilMs, JSON.parse(JSON.stringify(encodePrefix(stored.prefix))));
  const tail = resolve(events, runs, { prefix, dirtyFromMs });
  const { buckets5m, buckets1h, ingest5m, ingest1h, rewritten5mFromMs, rewritten1hFromMs, ...others } = tail;
  const { grains, identities, ...rest } = others;
  expect(buckets5m).toEqual(all.buckets5m.filter((row) => row.bucketStart.getTime() >= rewritten5mFromMs));
  expect(buckets1h).toEqual(all.buckets1h.filter((row) => row.bucketStart.getTime() >= rewritten1hFromMs));
  expect(ingest5m).toEqual(all.ingest5m.filter((row) => row.bucketStart.getTime() >= rewritten5mFromMs));
  expect(ingest1h).toEqual(all.ingest1h.filter((row) => row.bucketStart.getTime() >= rewritten1hFromMs));
  expect(all).toMatchObject(rest);
  expect(all.grains).toEqual(expect.arrayContaining([...grains]));
  expect(all.identities).toEqual(expect.arrayContaining([...identities]));
  const everything = resolve(events, runs, { prefix });
  expect(everything.buckets5m).toEqual(all.buckets5m.filter((row) => row.bucketStart.getTime() >= prefix.untilMs));
  expect(everything.buckets1h).toEqual(all.buckets1h.filter((row) => row.bucketStart.getTime() >= prefix.untilMs));
}
