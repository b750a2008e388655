import type { TelemetryEvent } from '../src/domain/event.js';
import { DAY_MS } from '../src/domain/time.js';
import { DEFAULT_DECODE_RULES, decode } from '../src/ingest/decode.js';
import type { SimulatedMessage } from '../src/simulator/options.js';
import {
  copyTable,
  copyTables,
  createTableRows,
  type PlacedEvent,
  timestamptz,
} from '../src/warehouse/writers/copy-table.js';
import { addFactRows, addMessageRow } from '../src/warehouse/writers/event-rows.js';
import { RAW_EVENT, SET_ASIDE } from '../src/warehouse/writers/fact-tables.js';
import { ledgerKey } from '../src/warehouse/writers/ledger-writer.js';
import { addMarks } from '../src/warehouse/writers/mark-writer.js';
import { type EncodedRows, encodeRows, measureCopy, withClient } from './copy-limit.js';
import { ORG_OF_TOPIC } from './traffic.js';

const ORG = ORG_OF_TOPIC.network_events;
const BATCH_MESSAGES = 5_000;
/** As the ledger's writer fills it, without its answer. */
const LEDGER = copyTable<TelemetryEvent>('raw.ledger', {
  event_key: { type: 'uuid', write: (out, { org, eventId }) => out.uuid(ledgerKey('', org, eventId)) },
  content_hash: { type: 'int8', write: (out, { contentHash }) => out.int8(contentHash) },
  event_at: timestamptz(({ eventAtMs }) => eventAtMs),
});

/**
 * Seconds of bare COPYs of every row that ingest makes of the messages (ledger, raw, set aside, facts, marks) into the
 * real tables, one connection, one transaction: what the database alone needs when nothing is asked or decided.
 */
export async function measureAllRows(adminUrl: string, messages: readonly SimulatedMessage[]): Promise<number> {
  const receivedAtMs = Date.now();
  const rows = createTableRows();
  const events: PlacedEvent[] = [];
  for (const [offset, { value }] of messages.entries()) {
    const message = { org: ORG, offset, value, brokerAtMs: receivedAtMs, receivedAtMs };
    const verdict = decode(message, DEFAULT_DECODE_RULES);
    if (verdict.kind === 'accepted') events.push({ event: verdict.event, message, sourceId: 1 });
    else rows.add(SET_ASIDE, { org: ORG, sourceId: 1, message, verdict }, null);
  }
  for (const placed of events) {
    rows.add(LEDGER, placed.event, placed);
    addMessageRow(rows, placed);
    addFactRows(rows, placed);
  }
  // ingest marks a session's slice once a batch
  for (let at = 0; at < events.length; at += BATCH_MESSAGES) addMarks(rows, events.slice(at, at + BATCH_MESSAGES));
  const days = new Set(
    [receivedAtMs, ...events.map(({ event }) => event.eventAtMs)].map((atMs) => Math.floor(atMs / DAY_MS)),
  );
  return withClient(adminUrl, async (client) => {
    const instants = [...days].map((day) => new Date(day * DAY_MS));
    await client.query('select naap.ensure_storage($1::timestamptz[])', [instants]);
    const startedAt = performance.now();
    await client.query('begin');
    await copyTables(client, rows);
    await client.query('commit');
    return (performance.now() - startedAt) / 1000;
  });
}

/** Seconds of the bare COPY. The table is a plain one: partitions and chunks are ours to pay for. */
export async function measureLimit(
  adminUrl: string,
  messages: readonly SimulatedMessage[],
  bytesOnly: boolean,
): Promise<number> {
  const model = bytesOnly ? 'raw.set_aside' : 'raw.event';
  await withClient(adminUrl, async (client) => {
    await client.query('drop table if exists public.bench_limit');
    await client.query(`create table public.bench_limit (like ${model} including indexes)`);
  });
  return measureCopy(adminUrl, 'public.bench_limit', bytesOnly ? bytesRows(messages) : eventRows(messages));
}

function eventRows(messages: readonly SimulatedMessage[]): EncodedRows {
  const receivedAtMs = Date.now();
  const rows = messages.flatMap(({ value }, offset) => {
    const message = { org: ORG, offset, value, brokerAtMs: receivedAtMs, receivedAtMs };
    const verdict = decode(message, DEFAULT_DECODE_RULES);
    if (verdict.kind !== 'accepted') throw new Error(`a simulated message was ${verdict.kind}: ${verdict.reason}`);
    const { event } = verdict;
    return [
      [
        event.eventAtMs,
        event.org,
        event.eventId,
        event.family,
        event.envelopeAtMs,
        receivedAtMs,
        1,
        offset,
        event.rawBytes,
      ],
    ];
  });
  return encodeRows(RAW_EVENT.columns, rows);
}

function bytesRows(messages: readonly SimulatedMessage[]): EncodedRows {
  const receivedAtMs = Date.now();
  const rows = messages.map(({ value }, offset) => [receivedAtMs, 1, offset, ORG, 'ignored', '', '', '', value]);
  return encodeRows(SET_ASIDE.columns, rows);
}
