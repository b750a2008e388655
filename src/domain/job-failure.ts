import { type Job, jobOutcome } from './job.js';
import { classifyErrorReason, type ErrorReason } from './reasons.js';

/** How a job failed: the first that holds of no_orch, failed, llm_failed and unsaid. */
export const JOB_FAILURE_CLASSES = ['no_orch', 'failed', 'llm_failed', 'unsaid'] as const;
export type JobFailureClass = (typeof JOB_FAILURE_CLASSES)[number];

/** The words of errors, and two that only jobs have: nobody was found, and the request itself was wrong. */
export type JobFailureReason = ErrorReason | 'none' | 'no_orchestrators' | 'bad_request';

/** Why a job failed: one class and one reason, however many things went wrong. */
export interface JobFailure {
  readonly failureClass: JobFailureClass;
  readonly failureReason: JobFailureReason;
}

/**
 * The failure of a job; null when it says that it succeeded, or neither that nor what went wrong [domain 4.2].
 *
 * A job whose gateway says success and whose LLM event has an error is a failure of its own class, so the numbers of
 * failed jobs, of unserved ones and of LLM errors can each be read from the same rows.
 */
export function jobFailureOf(job: Job): JobFailure | null {
  const said = saidOf(job);
  const failureClass = failureClassOf(job, said);
  if (failureClass === null) return null;
  return { failureClass, failureReason: failureClass === 'llm_failed' ? reasonOf(LLM_ALONE(said)) : reasonOf(said) };
}

/** Everything that a job's events say of what went wrong; `''` and null for nothing. */
interface Said {
  readonly errorType: string;
  readonly error: string;
  readonly llmError: string;
  readonly httpStatus: number | null;
}

function saidOf(job: Job): Said {
  if (job.kind === 'byoc') {
    const { error, httpStatus } = job.completed;
    return { errorType: '', error, llmError: '', httpStatus };
  }
  const { errorType, error } = job.completed;
  return { errorType, error, llmError: job.llm?.error ?? '', httpStatus: null };
}

/** What a successful job says beside its LLM's error is not why that failed. */
const LLM_ALONE = ({ llmError }: Said): Said => ({ errorType: '', error: '', llmError, httpStatus: null });

function failureClassOf(job: Job, { errorType, error, llmError, httpStatus }: Said): JobFailureClass | null {
  const { isSuccess } = job.completed;
  if (jobOutcome(job) === 'no_orch') return 'no_orch';
  if (isSuccess === false) return 'failed';
  if (llmError !== '') return 'llm_failed';
  const saysError = errorType !== '' || error !== '' || (httpStatus ?? 0) >= 400;
  return isSuccess === null && saysError ? 'unsaid' : null;
}

/** Words of gateways that no word list finds. `worker_error` is what they say of everything else, so the text decides. */
const OWN_WORDS: ReadonlyMap<string, JobFailureReason> = new Map([
  ['no_orchestrators', 'no_orchestrators'],
  ['bad_request', 'bad_request'],
]);
/** Tested before the words that sessions share: a request is cancelled by who sent it. */
const JOB_WORDS: readonly (readonly [JobFailureReason, readonly string[]])[] = [
  ['no_orchestrators', ['no orchestrators']],
  ['user', ['canceled', 'cancelled']],
];

/**
 * The gateway's own word first, then the first text that says something definite, then the HTTP status, then a text that
 * says no more than that there was an error.
 */
function reasonOf({ errorType, error, llmError, httpStatus }: Said): JobFailureReason {
  const texts = [errorType, error, llmError].filter((text) => text !== '');
  const reasons = texts.map(textReason);
  const definite = reasons.find((reason) => reason !== 'error' && reason !== 'unknown');
  const status = httpStatus === null ? null : statusReason(httpStatus);
  return definite ?? status ?? (reasons.includes('error') ? 'error' : texts.length > 0 ? 'unknown' : 'none');
}

function textReason(said: string): JobFailureReason {
  const text = said.trim().toLowerCase();
  const own = OWN_WORDS.get(text) ?? JOB_WORDS.find(([, words]) => words.some((word) => text.includes(word)))?.[0];
  return own ?? classifyErrorReason('', text);
}

/** What an HTTP status says went wrong; null below 400. */
function statusReason(status: number): JobFailureReason | null {
  if (status < 400) return null;
  if (status === 408 || status === 504) return 'timeout';
  if (status === 429 || status === 503) return 'overload';
  if (status === 402) return 'price';
  if (status === 499) return 'user';
  return status < 500 ? 'bad_request' : 'error';
}
