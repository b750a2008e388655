import type { ClientBase } from 'pg';
import type { CapabilityIndex } from '../domain/capability-index.js';
import { groupBy } from '../domain/group-by.js';
import { aiBatchJob, byocJob, type Job, jobKey } from '../domain/job.js';
import { type ResolvedJob, resolveJob } from '../domain/job-row.js';
import type { Refusal } from '../warehouse/accepted-write.js';
import {
  readAiBatchEvents,
  readByocEvents,
  readLlmEvents,
  readWorkers,
} from '../warehouse/readers/job-event-reader.js';
import type { JobMark } from '../warehouse/stores/job-mark-store.js';
import type { ResolvePolicy } from './session-batch.js';

export interface Resolution {
  readonly job: Job;
  readonly resolved: ResolvedJob;
}

/** The jobs of some marks from their events at or after `floor`; a mark whose job is not completed has none. */
export async function readJobs(client: ClientBase, marks: readonly JobMark[], floor: Date): Promise<Job[]> {
  return [...(await readAiBatchJobs(client, marks, floor)), ...(await readByocJobs(client, marks, floor))];
}

/** Every URL and address that some jobs show, once. */
export function identitiesOf(jobs: readonly Job[]): { readonly org: string; readonly identity: string }[] {
  const shown = jobs.flatMap(({ completed, ...job }) => {
    const address = job.kind === 'byoc' && 'orchAddress' in completed ? completed.orchAddress : '';
    return [completed.orchUrl, address].map((identity) => ({ org: completed.org, identity }));
  });
  const named = shown.filter(({ identity }) => identity !== '');
  return [...new Map(named.map((one) => [`${one.org}\u001f${one.identity}`, one])).values()];
}

/** Resolves each job by itself: one that a rule throws at holds up none of the others. */
export function resolveEach(
  jobs: readonly Job[],
  capabilities: CapabilityIndex,
  policy: ResolvePolicy,
): { readonly resolutions: readonly Resolution[]; readonly refused: Refusal<Job>[] } {
  const resolutions: Resolution[] = [];
  const refused: Refusal<Job>[] = [];
  for (const job of jobs) {
    const rules = { capabilities: capabilities.ofOrg(job.completed.org), policy, naming: policy.naming };
    try {
      resolutions.push({ job, resolved: resolveJob(job, rules) });
    } catch (error) {
      refused.push({ item: job, error });
    }
  }
  return { resolutions, refused };
}

/** The mark that a job is resolved by. */
export function markOf({ kind, completed: { org, requestId, eventId } }: Job): JobMark {
  const isOfRequest = kind === 'ai_batch' && requestId !== '';
  return { org, kind, requestId: isOfRequest ? requestId : '', eventId: isOfRequest ? '' : eventId };
}

async function readAiBatchJobs(client: ClientBase, marks: readonly JobMark[], floor: Date): Promise<Job[]> {
  const own = distinctMarks(marks.filter(({ kind }) => kind === 'ai_batch'));
  if (own.length === 0) return [];
  const requests = own.filter(({ requestId }) => requestId !== '');
  const events = own.filter(({ requestId }) => requestId === '');
  const keyOf = ({ org, requestId, eventId }: { org: string; requestId: string; eventId: string }): string =>
    `${org}\u001f${jobKey('ai_batch', requestId, eventId)}`;
  const batchEvents = groupBy(await readAiBatchEvents(client, requests, events, floor), keyOf);
  const llmEvents = groupBy(await readLlmEvents(client, requests, floor), keyOf);
  return [...batchEvents].flatMap(([key, of]) => aiBatchJob(of, llmEvents.get(key) ?? []) ?? []);
}

async function readByocJobs(client: ClientBase, marks: readonly JobMark[], floor: Date): Promise<Job[]> {
  const own = distinctMarks(marks.filter(({ kind }) => kind === 'byoc'));
  if (own.length === 0) return [];
  const completed = await readByocEvents(client, own, floor);
  const keyOf = (org: string, eventId: string): string => `${org}\u001f${eventId}`;
  const workers = groupBy(await readWorkers(client, completed, floor), ({ org, jobEventId }) => keyOf(org, jobEventId));
  return completed.map((event) => byocJob(event, workers.get(keyOf(event.org, event.eventId)) ?? []));
}

function distinctMarks(marks: readonly JobMark[]): JobMark[] {
  return [...new Map(marks.map((mark) => [markKey(mark), mark])).values()];
}

/** Equal for marks of one job. */
export function markKey({ org, kind, requestId, eventId }: JobMark): string {
  return `${org}\u001f${kind}\u001f${jobKey(kind, requestId, eventId)}`;
}
