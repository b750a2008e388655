import type { SessionEvent } from '../../domain/event.js';
import { compareOrder, orderKeyOf } from '../../domain/order.js';
import { shardOf } from '../../domain/shard.js';
import { sliceStartMs } from '../../domain/time.js';
import type { CopyRow, PlacedEvent, TableRows } from './fact-rows.js';

interface SessionMark {
  readonly org: string;
  readonly sliceStart: number;
  readonly first: SessionEvent;
}

/**
 * Dirty marks of a batch's new events: one per session and 5-minute slice with its smallest order key, and one per
 * (org, address, uri) and instant for sightings. Append-only: marking never waits and never loses.
 */
export function markRowsOf(events: readonly PlacedEvent[]): readonly TableRows[] {
  return [sessionMarks(events), sightingMarks(events)].filter(({ rows }) => rows.length > 0);
}

function sessionMarks(events: readonly PlacedEvent[]): TableRows {
  const marks = new Map<string, SessionMark>();
  for (const { event } of events) {
    if (event.fact.kind !== 'session') {
      continue;
    }
    const sliceStart = sliceStartMs(event.eventAtMs);
    const key = `${event.org}\0${event.fact.event.sessionKey}\0${sliceStart}`;
    const known = marks.get(key);
    if (known === undefined || compareOrder(orderKeyOf(event.fact.event), orderKeyOf(known.first)) < 0) {
      marks.set(key, { org: event.org, sliceStart, first: event.fact.event });
    }
  }
  return {
    table: 'work.session_mark',
    columns: [
      { name: 'shard', type: 'int2' },
      { name: 'org', type: 'text' },
      { name: 'session_key', type: 'text' },
      { name: 'slice_start', type: 'timestamptz' },
      { name: 'first_event_at', type: 'timestamptz' },
      { name: 'first_family_rank', type: 'int2' },
      { name: 'first_event_id', type: 'text' },
    ],
    rows: [...marks.values()].map(({ org, sliceStart, first }) => [
      shardOf(org, first.sessionKey),
      org,
      first.sessionKey,
      sliceStart,
      first.eventAtMs,
      first.familyRank,
      first.eventId,
    ]),
  };
}

function sightingMarks(events: readonly PlacedEvent[]): TableRows {
  const marks = new Map<string, CopyRow>();
  for (const { event } of events) {
    if (event.fact.kind !== 'capabilities') {
      continue;
    }
    for (const { address, uri } of event.fact.sightings) {
      marks.set(`${event.org}\0${address}\0${uri}\0${event.eventAtMs}`, [event.org, address, uri, event.eventAtMs]);
    }
  }
  return {
    table: 'work.sighting_mark',
    columns: [
      { name: 'org', type: 'text' },
      { name: 'address', type: 'text' },
      { name: 'uri', type: 'text' },
      { name: 'observed_at', type: 'timestamptz' },
    ],
    rows: [...marks.values()],
  };
}
