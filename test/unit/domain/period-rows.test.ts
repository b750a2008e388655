import { describe, expect, it } from 'vitest';
import { HOT, HOUR, hardware, MINUTE, resolve, run, SECOND, status, swap, TEN, trace } from './session-samples.js';

const A = { url: 'https://a', address: HOT('1') };
const B = { url: 'https://b', address: HOT('2') };
const request = (at = TEN) => trace(at, 'receive_request');
const known = [
  run({ address: HOT('a'), uri: 'https://a', local: HOT('1'), first: TEN - MINUTE }),
  run({
    address: HOT('b'),
    uri: 'https://b',
    local: HOT('2'),
    first: TEN - MINUTE,
    content: hardware('live-video-to-video', 'model-a', 'gpu-2'),
  }),
];

describe('period rows', () => {
  it('fail the start-up of an orchestrator swapped away from before the session was playable [LIFECYCLE-009]', () => {
    const { buckets5m, grains } = resolve(
      [
        request(),
        status(TEN + SECOND, 0, A),
        swap(TEN + 2 * SECOND, A),
        status(TEN + 3 * SECOND, 9, B),
        trace(TEN + 4 * SECOND, 'few_processed', B),
      ],
      known,
    );
    const of = (address: string) =>
      buckets5m.find((row) => grains.some((g) => g.grainId === row.grainId && g.orchestratorAddress === address));
    expect(of(HOT('a'))).toMatchObject({
      startupFailedCount: 1,
      startupSuccessCount: 0,
      swappedCount: 1,
      effectiveFailedCount: 1,
    });
    expect(of(HOT('b'))).toMatchObject({ startupFailedCount: 0, startupSuccessCount: 1, swappedCount: 0 });
  });

  it('carry a swap on to later buckets with evidence, not to earlier ones [LIFECYCLE-009]', () => {
    const events = [
      request(),
      status(TEN, 9, A),
      status(TEN + 6 * MINUTE, 9, A),
      status(TEN + 7 * MINUTE, 9, B),
      status(TEN + 11 * MINUTE, 9, A),
    ];
    const { buckets5m, grains } = resolve(events, known);
    const ofA = new Set(grains.filter((g) => g.orchestratorAddress === HOT('a')).map((g) => g.grainId));
    expect(buckets5m.filter((row) => ofA.has(row.grainId)).map((row) => row.swappedInferredCount)).toEqual([0, 1, 1]);
  });

  it('know nothing from 10 minutes after the bucket on [LIFECYCLE-009]', () => {
    const session = [request(), status(TEN + SECOND, 0, A)];
    const playable = (at: number) => resolve([...session, trace(at, 'few_processed', A)], known).buckets5m[0];
    expect(playable(TEN + 15 * MINUTE - 1)).toMatchObject({ startupSuccessCount: 1 });
    expect(playable(TEN + 15 * MINUTE)).toMatchObject({ startupSuccessCount: 0, startupFailedCount: 1 });
    const hour = (at: number) => resolve([...session, trace(at, 'few_processed', A)], known).buckets1h[0];
    expect(hour(TEN + 70 * MINUTE - 1)).toMatchObject({ startupSuccessCount: 1 });
    expect(hour(TEN + 70 * MINUTE)).toMatchObject({ startupSuccessCount: 0 });
  });

  it('leave a terminal tail out, and keep failures that are none [LIFECYCLE-009]', () => {
    const tail = (...last: Parameters<typeof resolve>[0][number][]) =>
      resolve([request(TEN - 10 * MINUTE), status(TEN - 9 * MINUTE, 0, A), ...last], known).buckets5m.at(-1)?.isTail;
    const end = status(TEN + SECOND, 0, A, { state: 'OFFLINE' });
    expect(tail(end)).toBe(true);
    expect(tail(end, status(TEN + 2 * SECOND, 0, A))).toBe(true);
    // three samples, a running one, output, a swap, one more event within the horizon
    expect(tail(end, status(TEN + 2 * SECOND, 0, A), status(TEN + 3 * SECOND, 0, A))).toBe(false);
    expect(tail(status(TEN + SECOND, 0, A, { state: 'DEGRADED_INPUT' }))).toBe(false);
    expect(tail(status(TEN + SECOND, 1, A))).toBe(false);
    expect(tail(end, swap(TEN + 2 * SECOND, A))).toBe(false);
    expect(
      resolve([request(TEN - 6 * MINUTE), end, trace(TEN + 14 * MINUTE, 'close')], known).buckets5m[0]?.isTail,
    ).toBe(false);
    // output in the bucket before
    expect(tail(status(TEN - MINUTE, 9, A), end)).toBe(false);
    // a session that started in the bucket failed, it did not end
    expect(resolve([request(), end], known).buckets5m[0]?.isTail).toBe(false);
  });

  it('judge a tail of an hour by the hour before it [LIFECYCLE-009]', () => {
    const events = [request(TEN - 5 * HOUR), status(TEN - 5 * HOUR, 9, A), status(TEN, 0, A)];
    expect(resolve(events, known).buckets1h.map((row) => row.isTail)).toEqual([false, true]);
    const recent = [...events, status(TEN - MINUTE, 9, A)];
    expect(resolve(recent, known).buckets1h.map((row) => row.isTail)).toEqual([false, false, false]);
  });

  it('count samples of an identity, coverage and classes by their union [LIFECYCLE-007, AGGREGATE-002]', () => {
    const { buckets5m, session } = resolve(
      [request(), status(TEN + SECOND, 0, A), status(TEN + 2 * SECOND, null, A, { hasLastError: true })],
      known,
    );
    expect(buckets5m[0]).toMatchObject({
      loadingOnlyCount: 1,
      zeroOutputCount: 1,
      outputFailedCount: 1,
      startupFailedCount: 1,
      effectiveFailedCount: 1,
      errorSampleCount: 1,
      fpsSampleCount: 1,
      healthExpectedCount: 3,
      healthObservedCount: 1,
      legacyHealthObservedCount: 1,
    });
    expect(session).toMatchObject({ hasError: true, errorCount: 0, isLoadingOnly: true });
    const unasked = resolve([status(TEN + SECOND, 0, A), swap(TEN + 2 * SECOND, A)], known).buckets5m[0];
    expect(unasked).toMatchObject({
      knownCount: 1,
      requestedCount: 0,
      loadingOnlyCount: 1,
      outputFailedCount: 0,
      swappedCount: 0,
      healthExpectedCount: 0,
    });
  });

  it('call output missing only when none of the identity was seen before the horizon [LIFECYCLE-009]', () => {
    const failed = (...events: Parameters<typeof resolve>[0][number][]) =>
      resolve([request(), ...events], known).buckets5m.map((row) => [
        row.loadingOnlyCount,
        row.zeroOutputCount,
        row.effectiveFailedCount,
      ]);
    const playable = trace(TEN + 8 * MINUTE, 'few_processed', A);
    const loading = status(TEN + 4 * MINUTE, 0, A);
    // a start across the border
    expect(failed(loading, playable, status(TEN + 8 * MINUTE, 9, A))).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    // the last word of a stream that was served
    expect(failed(playable, status(TEN + MINUTE, 9, A), status(TEN + 6 * MINUTE, 0, A, { state: 'OFFLINE' }))).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    // what comes 10 minutes after the bucket does not exist for it
    const late = (at: number) => failed(loading, playable, status(at, 9, A))[0];
    expect(late(TEN + 15 * MINUTE - 1)).toEqual([0, 0, 0]);
    expect(late(TEN + 15 * MINUTE)).toEqual([1, 1, 1]);
  });

  it('call output missing by the own samples of each identity, not by another’s [LIFECYCLE-009]', () => {
    const { buckets5m, grains, session } = resolve(
      [request(), status(TEN + SECOND, 9, A), trace(TEN + 2 * SECOND, 'few_processed', A), status(TEN + MINUTE, 0, B)],
      known,
    );
    const failedOf = (address: string) =>
      buckets5m.find((row) => grains.some((g) => g.grainId === row.grainId && g.orchestratorAddress === address))
        ?.outputFailedCount;
    expect([failedOf(HOT('a')), failedOf(HOT('b')), session.isZeroOutput]).toEqual([0, 1, false]);
  });

  it('split service over a bucket border and drop silence over 2 minutes', () => {
    const shows = [
      TEN + 4 * MINUTE,
      TEN + 5 * MINUTE + 30 * SECOND,
      TEN + 7 * MINUTE + 30 * SECOND,
      TEN + 9 * MINUTE + 31 * SECOND,
    ];
    const { buckets5m } = resolve(
      shows.map((at) => trace(at, 'first_data', A)),
      known,
    );
    expect(buckets5m.map((row) => [row.serviceMsSum, row.knownCount])).toEqual([
      [MINUTE, 0],
      [30 * SECOND + 2 * MINUTE, 0],
    ]);
  });

  it('measure prompt to playable with statuses up to 10 minutes after, inclusive [AGGREGATE-001]', () => {
    const ptff = (at: number) =>
      resolve([trace(TEN, 'few_processed', A), status(at, 1, A, { startTimeMs: TEN - 6000 })]).session.ptffMs;
    expect(ptff(TEN + 10 * MINUTE)).toBe(6000);
    expect(ptff(TEN + 10 * MINUTE + 1)).toBeNull();
    expect(ptff(TEN - HOUR)).toBe(6000);
  });

  it('invent no latency from a missing, inverted or absurd edge', () => {
    const events = [
      trace(TEN, 'send_first_ingest', A),
      trace(TEN + 5, 'runner_receive_first_ingest', {}, { ownAtMs: null }),
      trace(TEN + 9, 'runner_send_first_processed', {}, { ownAtMs: TEN - 1 }),
      trace(TEN + 10, 'few_processed', A),
      status(TEN + 11, 1, A, { startTimeMs: Date.UTC(2001, 0, 1) }),
    ];
    expect(resolve(events).session).toMatchObject({
      e2eMs: null,
      hopGatewayRunnerMs: null,
      hopRunnerMs: null,
      startupMs: null,
      ptffMs: null,
    });
  });
});
