import type { SessionEvent } from '../../domain/event.js';
import { compareOrder, orderKeyOf } from '../../domain/order.js';
import { shardOf } from '../../domain/shard.js';
import { sliceStartMs } from '../../domain/time.js';
import { copyTable, int2, type PlacedEvent, type TableRows, text, timestamptz } from './copy-table.js';
import { JOB_MARK, jobMarks, WORKER_MARK, workerMarks } from './job-marks.js';
import { MESSAGE_MARK, messageMarks } from './message-marks.js';
import { PAYMENT_MARK, paymentMarks } from './payment-marks.js';

interface SessionMark {
  readonly org: string;
  readonly sliceStart: number;
  first: SessionEvent;
}

interface SightingMark {
  readonly org: string;
  readonly address: string;
  readonly uri: string;
  readonly observedAtMs: number;
}

const SESSION_MARK = copyTable<SessionMark, null>('work.session_mark', {
  shard: int2(({ org, first }) => shardOf(org, first.sessionKey)),
  org: text(({ org }) => org),
  session_key: text(({ first }) => first.sessionKey),
  slice_start: timestamptz(({ sliceStart }) => sliceStart),
  first_event_at: timestamptz(({ first }) => first.eventAtMs),
  first_family_rank: int2(({ first }) => first.familyRank),
  first_event_id: text(({ first }) => first.eventId),
});

const SIGHTING_MARK = copyTable<SightingMark, null>('work.sighting_mark', {
  org: text(({ org }) => org),
  address: text(({ address }) => address),
  uri: text(({ uri }) => uri),
  observed_at: timestamptz(({ observedAtMs }) => observedAtMs),
});

/**
 * Adds the dirty marks of a batch's new events: one per session and 5-minute slice with its smallest order key, one per
 * (org, address, uri) and instant for sightings, one per chain and day of payments, one per job and worker event,
 * and one per discovery message, ticket, BYOC authorisation and worker event.
 * Append-only: marking never waits and never loses.
 */
export function addMarks(rows: TableRows, events: readonly PlacedEvent[]): void {
  for (const mark of sessionMarks(events)) rows.add(SESSION_MARK, mark, null);
  for (const mark of sightingMarks(events)) rows.add(SIGHTING_MARK, mark, null);
  for (const mark of paymentMarks(events)) rows.add(PAYMENT_MARK, mark, null);
  for (const mark of jobMarks(events)) rows.add(JOB_MARK, mark, null);
  for (const mark of workerMarks(events)) rows.add(WORKER_MARK, mark, null);
  for (const mark of messageMarks(events)) rows.add(MESSAGE_MARK, mark, null);
}

function sessionMarks(events: readonly PlacedEvent[]): readonly SessionMark[] {
  const marks: SessionMark[] = [];
  // a session has few slices in a batch and seldom more than one org, so no key text is made per event
  const bySession = new Map<string, SessionMark[]>();
  for (const { event } of events) {
    if (event.fact.kind !== 'session') {
      continue;
    }
    const own = event.fact.event;
    const sliceStart = sliceStartMs(own.eventAtMs);
    let ofSession = bySession.get(own.sessionKey);
    if (ofSession === undefined) {
      ofSession = [];
      bySession.set(own.sessionKey, ofSession);
    }
    const known = ofSession.find((mark) => mark.sliceStart === sliceStart && mark.org === event.org);
    if (known === undefined) {
      const mark = { org: event.org, sliceStart, first: own };
      ofSession.push(mark);
      marks.push(mark);
    } else if (own.eventAtMs <= known.first.eventAtMs && compareOrder(orderKeyOf(own), orderKeyOf(known.first)) < 0) {
      known.first = own;
    }
  }
  return marks;
}

function sightingMarks(events: readonly PlacedEvent[]): Iterable<SightingMark> {
  const marks = new Map<string, SightingMark>();
  for (const { event } of events) {
    if (event.fact.kind !== 'capabilities') {
      continue;
    }
    for (const { address, uri } of event.fact.sightings) {
      const mark = { org: event.org, address, uri, observedAtMs: event.eventAtMs };
      marks.set(`${event.org}\0${address}\0${uri}\0${event.eventAtMs}`, mark);
    }
  }
  return marks.values();
}
