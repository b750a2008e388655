import type { PoolClient } from 'pg';
import type { VerdictKind } from '../../domain/verdict.js';

/** Verdicts of one source, family and reason in one batch. */
export interface TallyRow {
  readonly sourceId: number;
  readonly family: string;
  readonly verdict: VerdictKind;
  /** `''` for accepted. */
  readonly reason: string;
  messageCount: number;
  conflictCount: number;
  unchangedCount: number;
  firstAtMs: number;
  lastAtMs: number;
}

export interface Tally {
  readonly rows: readonly TallyRow[];
  count(sourceId: number, family: string, verdict: VerdictKind, reason: string, atMs: number): TallyRow;
}

export function createTally(): Tally {
  const rows: TallyRow[] = [];
  // by source and family, so that counting a message makes no text
  const bySource = new Map<number, Map<string, TallyRow[]>>();
  return {
    rows,
    count(sourceId, family, verdict, reason, atMs) {
      const byFamily = entryOf(bySource, sourceId, () => new Map<string, TallyRow[]>());
      const ofFamily = entryOf(byFamily, family, () => []);
      let row = ofFamily.find((known) => known.verdict === verdict && known.reason === reason);
      if (row === undefined) {
        row = {
          ...{ sourceId, family, verdict, reason, messageCount: 0, conflictCount: 0, unchangedCount: 0 },
          ...{ firstAtMs: atMs, lastAtMs: atMs },
        };
        ofFamily.push(row);
        rows.push(row);
      }
      row.messageCount += 1;
      if (atMs < row.firstAtMs) row.firstAtMs = atMs;
      if (atMs > row.lastAtMs) row.lastAtMs = atMs;
      return row;
    },
  };
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

/** Names of families nobody asked for, bounded: a producer that invents names must not fill the tally. */
const MAX_UNKNOWN_FAMILIES = 200;
const OTHER_FAMILIES = '(other)';
const FAMILY_NAME = /^[\w.:-]{1,64}$/;

export function createFamilyNames(): (family: string) => string {
  const known = new Set<string>();
  return (family) => {
    if (known.has(family)) {
      return family;
    }
    if (known.size >= MAX_UNKNOWN_FAMILIES || !FAMILY_NAME.test(family)) {
      return OTHER_FAMILIES;
    }
    known.add(family);
    return family;
  };
}

const TALLY_SQL = `
insert into raw.tally as t (
  source_id, family, verdict, reason, message_count, conflict_count, unchanged_count, first_at, last_at
)
select source_id, family, verdict, reason, message_count, conflict_count, unchanged_count,
  timestamptz 'epoch' + first_ms * interval '1 millisecond', timestamptz 'epoch' + last_ms * interval '1 millisecond'
from unnest(
  $1::integer[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[]
) as n (
  source_id, family, verdict, reason, message_count, conflict_count, unchanged_count, first_ms, last_ms
)
on conflict (source_id, family, verdict, reason) do update set
  message_count = t.message_count + excluded.message_count,
  conflict_count = t.conflict_count + excluded.conflict_count,
  unchanged_count = t.unchanged_count + excluded.unchanged_count,
  first_at = least(t.first_at, excluded.first_at),
  last_at = greatest(t.last_at, excluded.last_at)`;

/** Adds a batch's counts to the stored ones [INGEST-004]; the sources' rows are locked by then, so nobody waits. */
export async function writeTally(client: PoolClient, rows: readonly TallyRow[]): Promise<void> {
  if (rows.length === 0) {
    return;
  }
  await client.query({
    name: 'tally-writer/add',
    text: TALLY_SQL,
    values: [
      rows.map(({ sourceId }) => sourceId),
      rows.map(({ family }) => family),
      rows.map(({ verdict }) => verdict),
      rows.map(({ reason }) => reason),
      rows.map(({ messageCount }) => messageCount),
      rows.map(({ conflictCount }) => conflictCount),
      rows.map(({ unchangedCount }) => unchangedCount),
      rows.map(({ firstAtMs }) => firstAtMs),
      rows.map(({ lastAtMs }) => lastAtMs),
    ],
  });
}
