import { describe, expect, it } from 'vitest';
import { foldEvents, mergeFolds } from '../../../src/domain/fold.js';
import { decodeFold, encodeFold } from '../../../src/domain/fold-codec.js';
import { classifyErrorReason, classifySwapReason } from '../../../src/domain/reasons.js';
import { event, failure, resolve, SECOND, status, TEN, trace } from './session-samples.js';

describe('the reason of an error [LIFECYCLE-004]', () => {
  it.each([
    ['timeout', 'anything at all', 'timeout'],
    ['model_error', 'context deadline exceeded', 'model_error'],
    [' Transport_Disconnect ', '', 'transport_disconnect'],
    ['other', 'cuda error', 'other'],
    ['made up', 'cuda error', 'error'],
    ['', 'model_error', 'model_error'],
    ['', 'request timed out', 'timeout'],
    ['', 'context deadline exceeded: user gone', 'timeout'],
    ['', 'insufficient capacity, failed', 'overload'],
    ['', 'price too high for the client', 'price'],
    ['', 'the user disconnected', 'user'],
    ['', 'mediamtx ingest disconnected', 'transport_disconnect'],
    ['', 'WHIP disconnected: bye', 'transport_disconnect'],
    ['', 'ICE connection state failed', 'transport_disconnect'],
    ['', 'connection reset by peer', 'error'],
    ['', 'missing video', 'unknown'],
    ['', 'none', 'unknown'],
    ['none', '', 'unknown'],
    ['', '', 'unknown'],
  ])('failure_reason %j with text %j is %s', (failureReason, message, reason) => {
    expect(classifyErrorReason(failureReason, message)).toBe(reason);
  });

  it('shares its words with swaps, which have no class for a lost connection', () => {
    expect(classifySwapReason('runner disconnected')).toBe('unknown');
    expect(classifySwapReason('ice connection failed')).toBe('error');
    expect(classifySwapReason('model_error')).toBe('error');
    expect(classifySwapReason('other')).toBe('unknown');
  });
});

describe('the failure of a session [AGGREGATE-002]', () => {
  const request = trace(TEN, 'receive_request');

  it('takes the first error that excuses nothing, whatever came before it', () => {
    const error = failure(TEN + 3 * SECOND, 'out of capacity');
    const { session } = resolve([
      request,
      failure(TEN + SECOND, 'user disconnected'),
      error,
      failure(TEN + 4000, 'eof'),
    ]);
    expect(session).toMatchObject({
      failureClass: 'startup_failed',
      failureReason: 'overload',
      failureEventId: error.eventId,
    });
  });

  it('is held against somebody rather than excused, where demand counts it as both', () => {
    const { session, start } = resolve([request, failure(TEN + SECOND, 'missing video'), status(TEN + 2000, 0)]);
    expect(start).toMatchObject({ startupExcusedCount: 1, effectiveFailedCount: 1, failureClass: 'loading_only' });
    expect(session).toMatchObject({ excusal: 'excusable_error', failureReason: 'unknown' });
  });

  it.each([
    ['no_orch', 'none', [request, trace(TEN + SECOND, 'no_orchestrators')]],
    ['excusable_error', 'user', [request, failure(TEN + SECOND, 'user disconnected')]],
    ['startup_failed', 'none', [request]],
    ['zero_output', 'none', [request, trace(TEN + 1, 'few_processed'), status(TEN + 2, 0, {}, { state: 'ONLINE' })]],
    [null, null, [request, trace(TEN + 1, 'few_processed'), failure(TEN + 2, 'timeout')]],
    [null, null, [status(TEN, 0), failure(TEN + 2, 'timeout')]],
  ])('is %s for reason %s', (failureClass, failureReason, events) => {
    expect(resolve(events).session).toMatchObject({ failureClass, failureReason });
  });

  it('survives being stored, and merging keeps the first of each kind', () => {
    const errors = ['boom', 'user disconnected', 'timeout', 'missing video'].map((message, index) =>
      event(TEN + index, { familyRank: 2, isError: true, message }),
    );
    const whole = foldEvents(errors);
    expect(whole.firstError).toEqual({ reason: 'unknown', eventId: errors[0]?.eventId });
    expect(whole.firstExcusableError).toEqual({ reason: 'user', eventId: errors[1]?.eventId });
    expect(mergeFolds(foldEvents(errors.slice(0, 1)), foldEvents(errors.slice(1)))).toEqual(whole);
    expect(decodeFold(JSON.parse(JSON.stringify(encodeFold(whole))))).toEqual(whole);
  });
});
