import type { OtherFactRow, TelemetryEvent } from '../../domain/event.js';
import { AI_BATCH_COMPLETED, AI_BATCH_RECEIVED, BYOC_COMPLETED, type JobKind } from '../../domain/job.js';
import type { JobMark } from '../stores/job-mark-store.js';
import { copyTable, type PlacedEvent, text, timestamptz } from './copy-table.js';

export const JOB_MARK = copyTable<JobMark, null>('work.job_mark', {
  org: text(({ org }) => org),
  kind: text(({ kind }) => kind),
  request_id: text(({ requestId }) => requestId),
  event_id: text(({ eventId }) => eventId),
});

/** One mark per job that new events are of. */
export function jobMarks(events: readonly PlacedEvent[]): Iterable<JobMark> {
  const marks = new Map<string, JobMark>();
  for (const { event } of events) {
    const mark = jobMark(event);
    if (mark !== null) marks.set([mark.org, mark.kind, mark.requestId, mark.eventId].join('\0'), mark);
  }
  return marks.values();
}

function jobMark({ org, eventId, fact }: TelemetryEvent): JobMark | null {
  if (fact.kind !== 'other') return null;
  const { table, row } = fact;
  const [name, requestId] = [textOf(row, 'name'), textOf(row, 'request_id')];
  const ofRequest = (kind: JobKind): JobMark => ({ org, kind, requestId, eventId: '' });
  const ofEvent = (kind: JobKind): JobMark => ({ org, kind, requestId: '', eventId });
  switch (table) {
    case 'ai_batch_event':
      if (name !== AI_BATCH_COMPLETED && name !== AI_BATCH_RECEIVED) return null;
      return requestId === '' ? ofEvent('ai_batch') : ofRequest('ai_batch');
    case 'llm_event':
      return requestId === '' ? null : ofRequest('ai_batch');
    case 'byoc_job_event':
      return name === BYOC_COMPLETED ? ofEvent('byoc') : null;
    default:
      return null;
  }
}

interface WorkerMark {
  readonly org: string;
  readonly capability: string;
  readonly orchAddress: string;
  readonly orchUrl: string;
  readonly eventAtMs: number;
}

export const WORKER_MARK = copyTable<WorkerMark, null>('work.worker_mark', {
  org: text(({ org }) => org),
  capability: text(({ capability }) => capability),
  orch_address: text(({ orchAddress }) => orchAddress),
  orch_url: text(({ orchUrl }) => orchUrl),
  event_at: timestamptz(({ eventAtMs }) => eventAtMs),
});

/** One mark per worker event that may name the model of BYOC jobs. */
export function workerMarks(events: readonly PlacedEvent[]): readonly WorkerMark[] {
  return events.flatMap(({ event: { org, eventAtMs, fact } }) =>
    fact.kind === 'other' && fact.table === 'worker_lifecycle_event'
      ? {
          org,
          capability: textOf(fact.row, 'capability').toLowerCase(),
          orchAddress: textOf(fact.row, 'orch_address'),
          orchUrl: textOf(fact.row, 'orch_url'),
          eventAtMs,
        }
      : [],
  );
}

function textOf(row: OtherFactRow, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : '';
}
