import { setImmediate as nextTurn } from 'node:timers/promises';
import pg, { type Pool, type PoolClient } from 'pg';
import { contentHashOf } from '../../domain/content-hash.js';
import type { JudgedMessage } from '../../domain/verdict.js';
import { createStorageDays } from '../storage-days.js';
import { moveOffsets, readNextOffsets, type Source } from '../stores/source-store.js';
import { countUnchanged, writeContents } from './capability-writer.js';
import { copyTables, createTableRows, type PlacedEvent, type TableRows } from './copy-table.js';
import { addFactRows, addMessageRow } from './event-rows.js';
import { addMarks } from './mark-writer.js';
import { createFamilyNames, createTally, type Tally, type TallyRow, writeTally } from './tally-writer.js';
import { sortOut } from './verdict-sorter.js';

/** Consecutive messages of one source, from the offset its consumer believes to be stored. */
export interface SourceBatch {
  readonly source: Source;
  readonly expectedNextOffset: number;
  readonly nextOffset: number;
  readonly messages: readonly JudgedMessage[];
}

export interface StoredOffset {
  readonly sourceId: number;
  readonly nextOffset: number;
}

export type WriteResult =
  | { readonly kind: 'written'; readonly tally: readonly TallyRow[] }
  /** Another consumer owns one of the sources; nothing was written. Where each source stands now. */
  | { readonly kind: 'lost'; readonly stored: readonly StoredOffset[] };

export interface EventBatchWriter {
  write(batches: readonly SourceBatch[]): Promise<WriteResult>;
}

const REQUEST_RESOLVE_SQL = `select work.request_resolve()`;
/** Encoded without a pause: about 2 ms. */
const EVENTS_AT_ONCE = 250;
const CHECK_VIOLATION = '23514';

/**
 * Writes judged messages of several sources in one transaction: offsets by compare-and-set, ledger, raw, facts, set
 * aside, tallies, dirty marks [INGEST-004, LINEAGE-001]. All of it or nothing; who lost a source is told so.
 */
export function createEventBatchWriter({ pool }: { readonly pool: Pool }): EventBatchWriter {
  const storage = createStorageDays(pool);
  const familyName = createFamilyNames();

  async function write(batches: readonly SourceBatch[]): Promise<WriteResult> {
    const sorted = [...batches].map(trimmed).sort((a, b) => a.source.sourceId - b.source.sourceId);
    if (sorted.length === 0) {
      return { kind: 'written', tally: [] };
    }
    await storage.ensure(instantsOf(sorted));
    try {
      return await attempt(sorted);
    } catch (error) {
      if (!isMissingPartition(error)) {
        throw error;
      }
      // the database was restored or replaced under us
      storage.forget();
      await storage.ensure(instantsOf(sorted));
      return attempt(sorted);
    }
  }

  async function attempt(batches: readonly SourceBatch[]): Promise<WriteResult> {
    const client = await pool.connect();
    let tally: Tally | null;
    try {
      tally = await writeUncommitted(client, batches, familyName);
    } catch (error) {
      await giveUp(client);
      throw error;
    }
    if (tally === null) {
      await giveUp(client);
      return { kind: 'lost', stored: await storedOffsets(pool, batches) };
    }
    try {
      await client.query('commit');
      client.release();
    } catch (error) {
      client.release(true);
      await settle(pool, batches, error);
    }
    return { kind: 'written', tally: tally.rows };
  }

  return { write };
}

/** Null when an offset was not where it was believed to be. */
async function writeUncommitted(
  client: PoolClient,
  batches: readonly SourceBatch[],
  familyName: (family: string) => string,
): Promise<Tally | null> {
  await client.query('begin');
  if (!(await moveOffsets(client, batches.map(moveOf)))) {
    return null;
  }
  const tally = createTally();
  const messageRows = createTableRows();
  const events = await sortOut(client, batches, { tally, rows: messageRows, familyName });
  for (const placed of events) addMessageRow(messageRows, placed);
  await writeContents(client, events);
  await copyTables(client, await encodeWhileSending(client, messageRows, events));
  const unchanged = await countUnchanged(client, events);
  for (const row of tally.rows) {
    if (row.verdict === 'accepted' && row.family === 'network_capabilities') {
      row.unchangedCount = unchanged.get(row.sourceId) ?? 0;
    }
  }
  await writeTally(client, tally.rows);
  if (events.length > 0) {
    await client.query({ name: 'event-batch-writer/request-resolve', text: REQUEST_RESOLVE_SQL });
  }
  return tally;
}

/**
 * The server works on the messages while their facts are encoded here. Both are waited for, whichever fails: what is
 * still being sent would go on after the rollback, outside any transaction.
 */
async function encodeWhileSending(
  client: PoolClient,
  messageRows: TableRows,
  events: readonly PlacedEvent[],
): Promise<TableRows> {
  const [sent, facts] = await Promise.allSettled([copyTables(client, messageRows), encodeFacts(events)]);
  if (sent.status === 'rejected') throw sent.reason;
  if (facts.status === 'rejected') throw facts.reason;
  return facts.value;
}

/** Typed rows and marks, some at a time: whatever is being sent meanwhile goes on. */
async function encodeFacts(events: readonly PlacedEvent[]): Promise<TableRows> {
  const rows = createTableRows();
  for (let start = 0; start < events.length; start += EVENTS_AT_ONCE) {
    for (const placed of events.slice(start, start + EVENTS_AT_ONCE)) addFactRows(rows, placed);
    await nextTurn();
  }
  addMarks(rows, events);
  return rows;
}

/** Offsets below the stored one were consumed before: the seek alone is not trusted. */
function trimmed(batch: SourceBatch): SourceBatch {
  const { expectedNextOffset, messages } = batch;
  return messages.some(({ message }) => message.offset < expectedNextOffset)
    ? { ...batch, messages: messages.filter(({ message }) => message.offset >= expectedNextOffset) }
    : batch;
}

function moveOf({
  source,
  expectedNextOffset,
  nextOffset,
  messages,
}: SourceBatch): Parameters<typeof moveOffsets>[1][number] {
  let newestEventAtMs: number | null = null;
  let updatedAtMs: number | null = null;
  for (const { message, verdict } of messages) {
    updatedAtMs = Math.max(updatedAtMs ?? 0, message.receivedAtMs);
    if (verdict.kind === 'accepted') {
      newestEventAtMs = Math.max(newestEventAtMs ?? 0, verdict.event.eventAtMs);
    }
  }
  const last = messages.at(-1)?.message;
  return {
    sourceId: source.sourceId,
    expected: expectedNextOffset,
    next: nextOffset,
    consumedCount: messages.length,
    newestEventAtMs,
    updatedAtMs,
    lastMessage: last === undefined ? null : { offset: last.offset, contentHash: contentHashOf(last.value) },
  };
}

function instantsOf(batches: readonly SourceBatch[]): readonly number[] {
  const instants: number[] = [];
  for (const { messages } of batches) {
    for (const { message, verdict } of messages) {
      instants.push(message.receivedAtMs);
      if (verdict.kind === 'accepted') instants.push(verdict.event.eventAtMs);
    }
  }
  return instants;
}

async function storedOffsets(pool: Pool, batches: readonly SourceBatch[]): Promise<readonly StoredOffset[]> {
  const offsets = await readNextOffsets(
    pool,
    batches.map(({ source }) => source.sourceId),
  );
  return batches.map(({ source }) => ({ sourceId: source.sourceId, nextOffset: offsets.get(source.sourceId) ?? 0 }));
}

/**
 * A commit whose answer was lost: it happened when the offsets moved. Otherwise the failure is thrown and the batch can
 * be tried again: should the server still be committing, the retry waits for the lock and loses.
 */
async function settle(pool: Pool, batches: readonly SourceBatch[], failure: unknown): Promise<void> {
  const offsets = await readNextOffsets(
    pool,
    batches.map(({ source }) => source.sourceId),
  ).catch(() => null);
  if (!batches.every(({ source, nextOffset }) => offsets?.get(source.sourceId) === nextOffset)) {
    throw failure;
  }
}

async function giveUp(client: PoolClient): Promise<void> {
  const isRolledBack = await client.query('rollback').then(
    () => true,
    () => false,
  );
  client.release(!isRolledBack);
}

function isMissingPartition(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === CHECK_VIOLATION && /no partition/.test(error.message);
}
