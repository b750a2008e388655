import pg, { type Pool, type PoolClient } from 'pg';
import { maskAddresses } from '../../domain/privacy.js';
import type { JudgedMessage, RawMessage, Verdict } from '../../domain/verdict.js';
import { copyInto } from '../copy-binary.js';
import { createStorageDays } from '../storage-days.js';
import { moveOffsets, readNextOffsets, type Source } from '../stores/source-store.js';
import { countUnchanged, writeContents } from './capability-writer.js';
import { type CopyRow, factRowsOf, type PlacedEvent, type TableRows } from './fact-rows.js';
import { SET_ASIDE_COLUMNS } from './fact-tables.js';
import { claimEvents } from './ledger-writer.js';
import { markRowsOf } from './mark-writer.js';
import { createFamilyNames, createTally, type Tally, type TallyRow, writeTally } from './tally-writer.js';

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

// for share, not for key share: an ordinary update of the floor must wait until this batch is committed
const FLOOR_SQL = `select raw_floor from work.floor for share`;
const REQUEST_RESOLVE_SQL = `select work.request_resolve()`;
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
  const aside: CopyRow[] = [];
  const events = await sortOut(client, batches, tally, aside, familyName);
  await writeContents(client, events);
  const tables: readonly TableRows[] = [
    ...factRowsOf(events),
    ...(aside.length === 0 ? [] : [{ table: 'raw.set_aside', columns: SET_ASIDE_COLUMNS, rows: aside }]),
    ...markRowsOf(events),
  ];
  for (const { table, columns, rows } of tables) {
    await copyInto(client, { table, columns, rows });
  }
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

/** The new events; every message is counted under its final verdict, and what is not accepted is set aside. */
async function sortOut(
  client: PoolClient,
  batches: readonly SourceBatch[],
  tally: Tally,
  aside: CopyRow[],
  familyName: (family: string) => string,
): Promise<readonly PlacedEvent[]> {
  const floorMs = await lockFloor(client);
  const candidates: PlacedEvent[] = [];
  for (const { source, messages } of batches) {
    for (const judged of messages) {
      const { message } = judged;
      const verdict = judgeAge(judged, floorMs);
      if (verdict.kind === 'accepted') {
        candidates.push({ event: verdict.event, message, sourceId: source.sourceId });
      } else {
        const family = verdict.reason === 'unsupported_event_family' ? familyName(verdict.family) : verdict.family;
        tally.count(source.sourceId, family, verdict.kind, verdict.reason, message.receivedAtMs);
        aside.push(asideRow(source, message, verdict));
      }
    }
  }
  const outcomes = await claimEvents(client, candidates);
  return candidates.filter(({ sourceId, event, message }, index) => {
    const outcome = outcomes[index];
    if (outcome?.kind === 'new') {
      tally.count(sourceId, event.family, 'accepted', '', message.receivedAtMs);
      return true;
    }
    const row = tally.count(sourceId, event.family, 'duplicate', 'duplicate_event_id', message.receivedAtMs);
    row.conflictCount += outcome?.isConflict === true ? 1 : 0;
    return false;
  });
}

/** `too_late`: before the floor, which retention alone moves, in the transaction that drops the data [domain 2.2]. */
function judgeAge({ message, verdict }: JudgedMessage, floorMs: number): Verdict {
  return verdict.kind === 'accepted' && verdict.event.eventAtMs < floorMs
    ? {
        kind: 'rejected',
        message,
        family: verdict.event.family,
        reason: 'too_late',
        detail: 'event time before raw_floor',
      }
    : verdict;
}

async function lockFloor(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ raw_floor: Date }>({ name: 'event-batch-writer/floor', text: FLOOR_SQL });
  return rows[0]?.raw_floor.getTime() ?? 0;
}

function asideRow(source: Source, message: RawMessage, verdict: Exclude<Verdict, { kind: 'accepted' }>): CopyRow {
  return [
    message.receivedAtMs,
    source.sourceId,
    message.offset,
    source.org,
    verdict.kind,
    verdict.reason,
    verdict.kind === 'rejected' ? verdict.detail : '',
    verdict.family,
    message.value === null ? null : maskAddresses(message.value),
  ];
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
  return {
    sourceId: source.sourceId,
    expected: expectedNextOffset,
    next: nextOffset,
    consumedCount: messages.length,
    newestEventAtMs,
    updatedAtMs,
  };
}

function* instantsOf(batches: readonly SourceBatch[]): Generator<number> {
  for (const { messages } of batches) {
    for (const { message, verdict } of messages) {
      yield message.receivedAtMs;
      if (verdict.kind === 'accepted') yield verdict.event.eventAtMs;
    }
  }
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
