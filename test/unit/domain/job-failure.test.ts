import { describe, expect, it } from 'vitest';
import type { AiBatchEvent, ByocEvent, Job, LlmEvent } from '../../../src/domain/job.js';
import { jobFailureOf } from '../../../src/domain/job-failure.js';

const T0 = Date.UTC(2026, 0, 8, 12);
const event = { org: 'daydream', eventId: 'e', eventAtMs: T0, gateway: '', requestId: 'r' };

function batch(fields: Partial<AiBatchEvent>, llmError: string | null = null): Job {
  const llm: LlmEvent | null =
    llmError === null ? null : { ...event, name: 'llm_request_completed', ...LLM, error: llmError };
  return {
    kind: 'ai_batch',
    completed: {
      ...event,
      ...{ name: 'ai_batch_request_completed', pipeline: 'llm', model: 'm', isSuccess: false, tries: 1, durationMs: 1 },
      ...{ orchUrl: 'https://orch.example.com', latencyScore: null, pricePerUnit: null, errorType: '', error: '' },
      ...fields,
    },
    received: null,
    llm,
  };
}
const LLM = {
  ...{ promptTokens: null, completionTokens: null, totalTokens: null },
  ...{ ttftMs: null, tokensPerSecond: null, totalDurationMs: null },
};

function byoc(fields: Partial<ByocEvent>): Job {
  return {
    kind: 'byoc',
    completed: {
      ...event,
      ...{ capability: 'c', isSuccess: false, durationMs: 1, httpStatus: null, orchAddress: '', workerUrl: '' },
      ...{ orchUrl: 'https://orch.example.com', error: '' },
      ...fields,
    },
    worker: null,
  };
}

describe('the class of a failed job [domain 4.2]', () => {
  it.each([
    ['no_orch', batch({ orchUrl: '', errorType: 'no_orchestrators' })],
    ['no_orch', batch({ orchUrl: '', errorType: 'no_orchestrators', isSuccess: null }, 'boom')],
    ['failed', batch({ errorType: 'no_orchestrators' })],
    ['failed', batch({}, 'boom')],
    ['llm_failed', batch({ isSuccess: true }, 'boom')],
    ['llm_failed', batch({ isSuccess: null, error: 'timeout' }, 'boom')],
    ['unsaid', batch({ isSuccess: null, error: 'boom' })],
    ['unsaid', byoc({ isSuccess: null, httpStatus: 500 })],
    ['failed', byoc({ httpStatus: 200 })],
  ] as const)('%s', (failureClass, job) => {
    expect(jobFailureOf(job)?.failureClass).toBe(failureClass);
  });

  it.each([
    ['success', batch({ isSuccess: true, errorType: 'worker_error', error: 'first try: timeout' }, '')],
    ['nothing', batch({ isSuccess: null })],
    ['nothing', byoc({ isSuccess: null, httpStatus: 200 })],
    ['success', byoc({ isSuccess: true, httpStatus: 500 })],
  ])('a job that says %s has not failed', (_what, job) => {
    expect(jobFailureOf(job)).toBeNull();
  });
});

describe('the reason of a failed job', () => {
  it.each([
    ['timeout', '', 'timeout'],
    ['bad_request', 'prompt too large: capacity', 'bad_request'],
    ['no_orchestrators', '', 'no_orchestrators'],
    ['', 'No orchestrators available for the model', 'no_orchestrators'],
    // the gateway's word for everything else: its text says more, where it says anything definite
    ['worker_error', 'insufficient capacity', 'overload'],
    ['worker_error', 'CUDA error: out of memory', 'error'],
    ['worker_error', 'gone', 'error'],
    ['worker_error', '', 'error'],
    ['model_error', 'request timed out', 'model_error'],
    ['', 'context canceled', 'user'],
    ['', 'ticket price exceeded', 'price'],
    ['', 'gone', 'unknown'],
    ['', '', 'none'],
  ])('error_type %j with error %j is %s', (errorType, error, reason) => {
    expect(jobFailureOf(batch({ errorType, error }))?.failureReason).toBe(reason);
  });

  it.each([
    [400, '', 'bad_request'],
    [401, '', 'bad_request'],
    [402, '', 'price'],
    [408, '', 'timeout'],
    [429, '', 'overload'],
    [499, '', 'user'],
    [500, '', 'error'],
    [503, '', 'overload'],
    [504, 'upstream failed', 'timeout'],
    [500, 'context deadline exceeded', 'timeout'],
    [404, 'gone', 'bad_request'],
    [200, 'gone', 'unknown'],
    [200, '', 'none'],
    [null, 'connection reset by peer', 'error'],
  ])('HTTP status %s with error %j is %s', (httpStatus, error, reason) => {
    expect(jobFailureOf(byoc({ httpStatus, error }))?.failureReason).toBe(reason);
  });

  it('is the LLM’s own where only that failed, and where the job says nothing definite', () => {
    expect(jobFailureOf(batch({ isSuccess: true, error: 'retried after timeout' }, 'model busy'))?.failureReason).toBe(
      'overload',
    );
    expect(jobFailureOf(batch({ errorType: 'worker_error' }, 'deadline'))?.failureReason).toBe('timeout');
    expect(jobFailureOf(batch({ errorType: 'timeout' }, 'busy'))?.failureReason).toBe('timeout');
  });
});
