import { describe, expect, it } from 'vitest';
import { classifySwapReason } from '../../../src/domain/reasons.js';
import { failure, HOT, hardware, MINUTE, resolve, run, SECOND, status, swap, TEN, trace } from './session-samples.js';

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

describe('start-up outcome', () => {
  const outcome = (...events: Parameters<typeof resolve>[0][number][]) => {
    const { startupOutcome, excusal, selectionOutcome } = resolve(events).session;
    return [startupOutcome, excusal, selectionOutcome];
  };

  it('takes the first rule that fits [LIFECYCLE-003]', () => {
    expect(outcome(trace(TEN, 'few_processed', A))).toEqual(['unknown', null, 'selected']);
    expect(outcome(request(), trace(TEN + 1, 'few_processed'), failure(TEN + 2, 'boom'))).toEqual([
      'success',
      null,
      'unknown',
    ]);
    expect(outcome(request(), trace(TEN + 1, 'no_orchestrators'), failure(TEN + 2, 'boom'))).toEqual([
      'failed',
      'no_orch',
      'no_orch',
    ]);
    expect(outcome(request(), trace(TEN + 1, 'no_orchestrators'), status(TEN + 2, 0, A))).toEqual([
      'failed',
      'none',
      'selected',
    ]);
    expect(outcome(request(), failure(TEN + 1, 'WHIP disconnected: eof'))).toEqual([
      'failed',
      'excusable_error',
      'unknown',
    ]);
    expect(outcome(request())).toEqual(['failed', 'none', 'unknown']);
  });

  it('is excused only when every error is excusable [LIFECYCLE-004]', () => {
    const errors = [failure(TEN + 1, 'User Disconnected'), failure(TEN + 2, 'ICE connection state failed')];
    expect(outcome(request(), ...errors)).toEqual(['failed', 'excusable_error', 'unknown']);
    expect(outcome(request(), ...errors, failure(TEN + 3, 'out of memory'))).toEqual(['failed', 'none', 'unknown']);
  });

  it('does not take runner traces for an observed orchestrator [LIFECYCLE-005]', () => {
    const events = [request(), trace(TEN + 1, 'runner_receive_request', A), trace(TEN + 3, 'no_orchestrators')];
    expect(outcome(...events)).toEqual(['failed', 'no_orch', 'no_orch']);
    expect(outcome(...events, swap(TEN + 2))).toEqual(['failed', 'no_orch', 'no_orch']);
  });

  it('takes whom a swap event names for observed: somebody was selected [LIFECYCLE-003, LIFECYCLE-005]', () => {
    const events = [request(), trace(TEN + 3, 'no_orchestrators')];
    expect(outcome(...events, swap(TEN + 2, A))).toEqual(['failed', 'none', 'selected']);
    expect(outcome(...events, swap(TEN + 2, {}, { swapToAddress: HOT('2') }))).toEqual(['failed', 'none', 'selected']);
    // but it lends its identity to no segment
    const [segment] = resolve([...events, swap(TEN + 2, A)], known).segments;
    expect(segment).toMatchObject({ observedUrl: '', reason: 'no_orchestrator_observed' });
  });
});

describe('segments', () => {
  const segments = (events: Parameters<typeof resolve>[0], runs = known) =>
    resolve(events, runs).segments.map((segment) => [segment.observedUrl, segment.statusSampleCount]);

  it('open only on a change from one known orchestrator to another [LIFECYCLE-005]', () => {
    expect(segments([status(TEN, 1), status(TEN + 1, 1, A), status(TEN + 2, 1, B)])).toEqual([
      ['https://a', 2],
      ['https://b', 1],
    ]);
    // the hot key of A, alone, is A once its snapshot is known
    expect(segments([status(TEN, 1, { url: A.url }), status(TEN + 1, 1, { address: A.address })])).toEqual([
      ['https://a', 2],
    ]);
    // a URL and a foreign key cannot be compared without a snapshot
    expect(segments([status(TEN, 1, { url: A.url }), status(TEN + 1, 1, { address: B.address })], [])).toEqual([
      ['https://a', 2],
    ]);
    expect(segments([status(TEN, 1, { url: A.url }), status(TEN + 1, 1, { address: B.address })])).toHaveLength(2);
  });

  it('never split on a parameter, model, GPU or worker change [LIFECYCLE-006]', () => {
    const events = [
      status(TEN, 1, A, { pipelineText: 'model-a' }),
      status(TEN + 1, 1, A, { pipelineText: 'model-z', isRestart: true, restartCount: 3 }),
    ];
    expect(segments(events)).toEqual([['https://a', 2]]);
  });

  it('read the maps as known 30 s after the later event, not later [ATTRIBUTION-001]', () => {
    const events = [status(TEN, 1, { url: A.url }), status(TEN + MINUTE, 1, { address: HOT('1') })];
    const sighted = (first: number) => [
      run({ address: HOT('a'), uri: 'https://z', local: HOT('1'), first }),
      run({ address: HOT('b'), uri: A.url, first: TEN }),
    ];
    expect(segments(events, sighted(TEN + MINUTE + 30 * SECOND))).toHaveLength(2);
    expect(segments(events, sighted(TEN + MINUTE + 30 * SECOND + 1))).toHaveLength(1);
  });

  it('compare an identity once, when it is new, in whatever slice it is shown again [LIFECYCLE-005, FACT-002]', () => {
    const address = HOT('b');
    const sighted = [
      run({ address: HOT('a'), uri: 'https://a', first: TEN }),
      run({ address, uri: 'https://b', first: TEN + 12 * MINUTE }),
    ];
    const events = [11, 22, 33].map((minute) => status(TEN + minute * MINUTE, 1, { address }));
    expect(segments([status(TEN, 1, { url: 'https://a' }), ...events], sighted)).toEqual([['https://a', 4]]);
  });

  it('do not tell apart by a hot key with several owners; then only a URL decides [ATTRIBUTION-001]', () => {
    const shared = [
      run({ address: HOT('a'), uri: 'https://a', local: HOT('1'), first: TEN - MINUTE }),
      run({ address: HOT('b'), uri: 'https://b', local: HOT('1'), first: TEN - MINUTE }),
    ];
    const events = [status(TEN, 1, { url: 'https://a' }), status(TEN + 1, 1, { address: HOT('1') })];
    expect(segments(events, shared)).toHaveLength(1);
    expect(
      segments(
        [
          status(TEN, 1, { url: 'https://a', address: HOT('1') }),
          status(TEN + 1, 1, { url: 'https://b', address: HOT('1') }),
        ],
        shared,
      ),
    ).toHaveLength(2);
  });
});

describe('swaps', () => {
  const swaps = (...events: Parameters<typeof resolve>[0][number][]) =>
    resolve(events, known).swaps.map((s) => [s.swappedAt.getTime() - TEN, s.isExplicit, s.fromAddress, s.toAddress]);

  it('are inferred from a change that no event explains, and explicit at their own time [LIFECYCLE-006]', () => {
    expect(swaps(status(TEN, 1, A), status(TEN + MINUTE, 1, B))).toEqual([[MINUTE, false, HOT('a'), HOT('b')]]);
    expect(swaps(status(TEN, 1, A), swap(TEN + 50 * SECOND, A), status(TEN + MINUTE, 1, B))).toEqual([
      [50 * SECOND, true, HOT('a'), HOT('b')],
    ]);
  });

  it('pair with an event up to 10 s after the change, inclusive, else are two swaps [LIFECYCLE-006]', () => {
    const change = [status(TEN, 1, A), status(TEN + MINUTE, 1, B)];
    expect(swaps(...change, swap(TEN + 70 * SECOND, A))).toEqual([[70 * SECOND, true, HOT('a'), HOT('b')]]);
    expect(swaps(...change, swap(TEN + 70 * SECOND + 1, A))).toHaveLength(2);
  });

  it('take the newest event before the change, else the earliest after [LIFECYCLE-006]', () => {
    const [first, second] = [swap(TEN + 10 * SECOND, A), swap(TEN + 20 * SECOND, A)];
    const found = swaps(status(TEN, 1, A), first, second, status(TEN + MINUTE, 1, B));
    expect(found).toEqual([
      [10 * SECOND, true, HOT('a'), ''],
      [20 * SECOND, true, HOT('a'), HOT('b')],
    ]);
  });

  it('blame the segment an event lies in when it names nobody, and nobody when it names a stranger [LIFECYCLE-006]', () => {
    const nobody = resolve([request(), status(TEN + 1, 1, A), swap(TEN + SECOND)], known);
    expect(nobody.buckets5m[0]).toMatchObject({ swappedExplicitCount: 1, swappedInferredCount: 0 });
    const stranger = resolve([request(), status(TEN + 1, 1, A), swap(TEN + SECOND, B)], known);
    expect(stranger.buckets5m[0]).toMatchObject({ swappedCount: 0 });
    expect(stranger.start).toMatchObject({ swappedExplicitCount: 1, swappedCount: 1 });
  });

  it('are classified by their own class, else by words in order', () => {
    const reasons = [
      'Overload',
      'stream timed out: error',
      'OrchestratorCapped',
      'price too high',
      'client gone',
      'connection reset',
      'x',
      '',
    ];
    expect(reasons.map(classifySwapReason)).toEqual([
      'overload',
      'timeout',
      'overload',
      'price',
      'user',
      'error',
      'unknown',
      'unknown',
    ]);
  });
});
