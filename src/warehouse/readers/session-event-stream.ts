import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { SessionEvent } from '../../domain/event.js';
import { EVENT_CELL_KINDS, EVENT_SELECT_LIST, type EventCells, eventOfCells } from './session-event-reader.js';

/** All events of one session, in no order. */
export interface SessionEvents {
  readonly org: string;
  readonly sessionKey: string;
  readonly events: SessionEvent[];
}

export interface StreamOptions {
  /** Earlier events are gone, or about to be. */
  readonly rawFloor: Date;
  /** Leaves out sessions stored in `core.session` that began before the raw floor. */
  readonly skipsFrozen: boolean;
  /** Only sessions with an event in `[from, to)`, but all their events. */
  readonly within?: { readonly from: Date; readonly to: Date };
  /** Called for one session after another; the stream waits for its promise. */
  onSession(session: SessionEvents): Promise<void> | undefined;
}

/**
 * Streams every session event, session by session, by binary COPY: the server sorts, and nothing but the session at
 * hand is held here. Answers the number of events.
 */
export async function streamSessionEvents(
  client: ClientBase,
  { rawFloor, skipsFrozen, within, onSession }: StreamOptions,
): Promise<number> {
  // COPY takes no parameters; the instants are ours, printed as ISO 8601.
  const literal = (at: Date): string => `timestamptz '${at.toISOString()}'`;
  const floor = literal(rawFloor);
  const frozen = skipsFrozen
    ? `and not exists (
      select from core.session as s
      where s.org = f.org and s.session_key = f.session_key and s.first_seen_at < ${floor}
    )`
    : '';
  const named =
    within === undefined
      ? ''
      : `and (f.org, f.session_key) in (
      select w.org, w.session_key
      from fact.session_event as w
      where w.event_at >= ${literal(within.from)} and w.event_at < ${literal(within.to)}
    )`;
  const select = `
    select ${EVENT_SELECT_LIST}
    from fact.session_event as f
    where f.event_at >= ${floor} ${frozen} ${named}
    order by f.org, f.session_key`;
  const stream = client.query(copyTo(`copy (${select}) to stdout with (format binary)`));
  const decoder = new CellDecoder();
  let eventCount = 0;
  let current: { org: string; sessionKey: string; events: SessionEvent[] } | null = null;
  await pipeline(stream, async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      for (const cells of decoder.rowsOf(chunk)) {
        const { org, event } = eventOfCells(cells);
        eventCount += 1;
        if (current === null || current.sessionKey !== event.sessionKey || current.org !== org) {
          const waits = current === null ? undefined : onSession(current);
          if (waits !== undefined) await waits;
          current = { org, sessionKey: event.sessionKey, events: [] };
        }
        current.events.push(event);
      }
    }
    if (current !== null) await onSession(current);
  });
  return eventCount;
}

const SIGNATURE_BYTES = 11;
const HEADER_BYTES = 19;
const TRAILER = -1;
const TWO_TO_32 = 2 ** 32;

/** Rows of PostgreSQL's binary COPY format whose fields are text, int8, float8 or bool. */
class CellDecoder {
  #rest: Buffer = Buffer.alloc(0);
  #headerSeen = false;

  /** The complete rows up to the end of the chunk; what is left of it waits for the next. */
  *rowsOf(chunk: Buffer): Generator<EventCells> {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    if (!this.#headerSeen) {
      if (bytes.length < HEADER_BYTES) {
        this.#rest = bytes;
        return;
      }
      at = HEADER_BYTES + bytes.readInt32BE(SIGNATURE_BYTES + 4);
      this.#headerSeen = true;
    }
    for (;;) {
      const end = endOfRow(bytes, at);
      if (end === null) break;
      if (bytes.readInt16BE(at) === TRAILER) {
        at = end;
        break;
      }
      yield decodeRow(bytes, at);
      at = end;
    }
    this.#rest = Buffer.from(bytes.subarray(at));
  }
}

/** Where the row at `at` ends; null when it is not all there. */
function endOfRow(bytes: Buffer, at: number): number | null {
  if (at + 2 > bytes.length) return null;
  const fieldCount = bytes.readInt16BE(at);
  let end = at + 2;
  for (let field = 0; field < fieldCount; field += 1) {
    if (end + 4 > bytes.length) return null;
    end += 4 + Math.max(bytes.readInt32BE(end), 0);
  }
  return end > bytes.length ? null : end;
}

function decodeRow(bytes: Buffer, start: number): EventCells {
  const cells: (string | number | boolean | null)[] = [];
  let at = start + 2;
  for (const kind of EVENT_CELL_KINDS) {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length < 0) {
      cells.push(null);
      continue;
    }
    if (kind === 'text') cells.push(length === 0 ? '' : bytes.toString('utf8', at, at + length));
    else if (kind === 'bool') cells.push(bytes[at] === 1);
    else if (kind === 'float') cells.push(bytes.readDoubleBE(at));
    else cells.push(bytes.readInt32BE(at) * TWO_TO_32 + bytes.readUInt32BE(at + 4));
    at += length;
  }
  return cells;
}
