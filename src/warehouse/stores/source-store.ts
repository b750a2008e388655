import type { Pool, PoolClient } from 'pg';
import { withTransaction } from '../pool.js';

/** A partition of a topic of a cluster, or a file (cluster `file`, topic = content hash, offset = line). */
export interface SourceKey {
  readonly clusterId: string;
  readonly topic: string;
  readonly partition: number;
}

export interface Source extends SourceKey {
  readonly sourceId: number;
  readonly org: string;
}

/** A message as it is recognised later. */
export interface ConsumedMessage {
  readonly offset: number;
  /** Of its bytes as sent. */
  readonly contentHash: bigint;
}

export interface OpenedSource {
  readonly source: Source;
  /** First offset not yet consumed. */
  readonly nextOffset: number;
  /** The newest message consumed; null when there was none, or before it was kept. */
  readonly lastMessage: ConsumedMessage | null;
}

/** A move of one source's offset, valid only from where the mover believed it to be. */
export interface OffsetMove {
  readonly sourceId: number;
  readonly expected: number;
  readonly next: number;
  readonly consumedCount: number;
  readonly newestEventAtMs: number | null;
  readonly updatedAtMs: number | null;
  /** Null leaves the stored one. */
  readonly lastMessage: ConsumedMessage | null;
}

const READ_SQL = `
select source_id, org, next_offset, last_offset, last_message_hash
from raw.source where cluster_id = $1 and topic = $2 and partition = $3`;

const OPEN_SQL = `
insert into raw.source (cluster_id, topic, partition, org, next_offset) values ($1, $2, $3, $4, $5)
on conflict (cluster_id, topic, partition) do update set org = excluded.org
returning source_id, org, next_offset, last_offset, last_message_hash`;

const OFFSETS_SQL = `
select source_id, next_offset from raw.source where source_id = any ($1::integer[])`;

// Rows are locked in one order first, so that two writers of overlapping sources wait instead of deadlocking.
const MOVE_SQL = `
with locked as materialized (
  select source_id from raw.source where source_id = any ($1::integer[]) order by source_id for update
)
update raw.source as s
set
  next_offset = m.next_offset,
  consumed_count = s.consumed_count + m.consumed_count,
  newest_event_at = greatest(s.newest_event_at, timestamptz 'epoch' + m.newest_ms * interval '1 millisecond'),
  updated_at = coalesce(timestamptz 'epoch' + m.updated_ms * interval '1 millisecond', s.updated_at),
  last_offset = coalesce(m.last_offset, s.last_offset),
  last_message_hash = coalesce(m.last_message_hash, s.last_message_hash)
from locked
join unnest(
  $1::integer[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[]
) as m (
  source_id, expected, next_offset, consumed_count, newest_ms, updated_ms, last_offset, last_message_hash
) using (source_id)
where s.source_id = locked.source_id and s.next_offset = m.expected
returning s.source_id`;

const SKIP_SQL = `
update raw.source set next_offset = $3 where source_id = $1 and next_offset = $2`;

const GAP_SQL = `
insert into raw.source_gap (source_id, from_offset, to_offset, reason, found_at)
values ($1, $2, $3, $4, timestamptz 'epoch' + $5::bigint * interval '1 millisecond')
on conflict do nothing`;

interface SourceRow {
  readonly source_id: number;
  readonly org: string;
  readonly next_offset: string;
  readonly last_offset: string | null;
  readonly last_message_hash: string | null;
}

/** The source and its offset, null when it was never opened. */
export async function findSource(pool: Pool | PoolClient, key: SourceKey): Promise<OpenedSource | null> {
  const { rows } = await pool.query<SourceRow>({
    name: 'source-store/read',
    text: READ_SQL,
    values: [key.clusterId, key.topic, key.partition],
  });
  return rows[0] === undefined ? null : opened(key, rows[0]);
}

/** Finds or makes a source; a new one begins at `firstOffset`. The org is configuration and follows it. */
export async function openSource(
  pool: Pool | PoolClient,
  key: SourceKey & { readonly org: string },
  firstOffset = 0,
): Promise<OpenedSource> {
  const existing = await findSource(pool, key);
  if (existing !== null && existing.source.org === key.org) {
    return existing;
  }
  const { rows } = await pool.query<SourceRow>({
    name: 'source-store/open',
    text: OPEN_SQL,
    values: [key.clusterId, key.topic, key.partition, key.org, firstOffset],
  });
  if (rows[0] === undefined) {
    throw new Error(`source ${key.topic}/${key.partition} was neither found nor made`);
  }
  return opened(key, rows[0]);
}

function opened({ clusterId, topic, partition }: SourceKey, row: SourceRow): OpenedSource {
  return {
    source: { clusterId, topic, partition, sourceId: row.source_id, org: row.org },
    nextOffset: Number(row.next_offset),
    lastMessage:
      row.last_offset === null || row.last_message_hash === null
        ? null
        : { offset: Number(row.last_offset), contentHash: BigInt(row.last_message_hash) },
  };
}

/** Stored offsets by source id. */
export async function readNextOffsets(
  pool: Pool | PoolClient,
  sourceIds: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const { rows } = await pool.query<{ source_id: number; next_offset: string }>({
    name: 'source-store/offsets',
    text: OFFSETS_SQL,
    values: [sourceIds],
  });
  return new Map(rows.map((row) => [row.source_id, Number(row.next_offset)]));
}

/**
 * Moves the offsets of several sources by compare-and-set inside a transaction; true when all moved. False means that
 * somebody else moved one: the caller must roll back.
 */
export async function moveOffsets(client: PoolClient, moves: readonly OffsetMove[]): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'source-store/move',
    text: MOVE_SQL,
    values: [
      moves.map(({ sourceId }) => sourceId),
      moves.map(({ expected }) => expected),
      moves.map(({ next }) => next),
      moves.map(({ consumedCount }) => consumedCount),
      moves.map(({ newestEventAtMs }) => newestEventAtMs),
      moves.map(({ updatedAtMs }) => updatedAtMs),
      moves.map(({ lastMessage }) => lastMessage?.offset ?? null),
      moves.map(({ lastMessage }) => lastMessage?.contentHash ?? null),
    ],
  });
  return rowCount === moves.length;
}

export interface SourceGap {
  readonly sourceId: number;
  /** First offset that was lost. */
  readonly fromOffset: number;
  /** First offset after the loss. */
  readonly toOffset: number;
  readonly reason: string;
  readonly foundAtMs: number;
}

/** Records that the broker lost messages we never saw and goes on behind them; false when another consumer moved on. */
export async function skipGap(pool: Pool, gap: SourceGap): Promise<boolean> {
  return withTransaction(pool, async (client) => {
    const { rowCount } = await client.query({
      name: 'source-store/skip',
      text: SKIP_SQL,
      values: [gap.sourceId, gap.fromOffset, gap.toOffset],
    });
    if (rowCount === 1) {
      await client.query({
        name: 'source-store/gap',
        text: GAP_SQL,
        values: [gap.sourceId, gap.fromOffset, gap.toOffset, gap.reason, gap.foundAtMs],
      });
    }
    return rowCount === 1;
  });
}
