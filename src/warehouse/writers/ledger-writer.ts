import { hash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { TelemetryEvent } from '../../domain/event.js';
import { int8Array, timestamptzArray, uuidArray } from '../binary-array.js';

/** An accepted event that may still turn out to be a duplicate. */
export interface Candidate {
  readonly event: TelemetryEvent;
}

export type LedgerOutcome =
  | { readonly kind: 'new' }
  /** `isConflict`: the event accepted before has other content. */
  | { readonly kind: 'duplicate'; readonly isConflict: boolean };

const NEW: LedgerOutcome = { kind: 'new' };

// Sorted by the caller: two writers of the same keys wait for each other in one order. Answers who lost, by position
// from 1: nearly always nobody, and an answer row per winner cost both sides as much as the claim.
const CLAIM_SQL = `
with claim as materialized (
  select * from unnest($1::uuid[], $2::bigint[], $3::timestamptz[]) with ordinality
    as c (event_key, content_hash, event_at, position)
),
won as (
  insert into raw.ledger (event_key, content_hash, event_at)
  select event_key, content_hash, event_at from claim
  on conflict do nothing
  returning event_key
)
select position::integer from claim where event_key not in (select event_key from won)`;

const HASHES_SQL = `
select event_key, content_hash from raw.ledger where event_key = any ($1::uuid[])`;

/**
 * Decides what is new [LINEAGE-001], in the order given: of the candidates with one (org, id) the first that is not in
 * the ledger yet wins; of the winners with one v1 sequence key the first does. One outcome per candidate.
 */
export async function claimEvents(
  client: PoolClient,
  candidates: readonly Candidate[],
): Promise<readonly LedgerOutcome[]> {
  if (candidates.length === 0) {
    return [];
  }
  const keys = candidates.map(({ event }) => ledgerKey('', event.org, event.eventId));
  const firstByKey = new Map<string, number>();
  keys.forEach((key, index) => {
    if (!firstByKey.has(key)) firstByKey.set(key, index);
  });
  const lost = await claim(client, firstByKey, candidates);
  const isWinner = (index: number, key: string): boolean => firstByKey.get(key) === index && !lost.has(key);
  const repeated = await repeatedSequences(client, candidates, (index) => isWinner(index, keys[index] ?? ''));
  if (lost.size === 0 && repeated.size === 0 && firstByKey.size === candidates.length) {
    return candidates.map(() => NEW);
  }
  const storedHashes = await readHashes(client, lost);
  return candidates.map(({ event }, index) => {
    const key = keys[index] ?? '';
    if (isWinner(index, key)) {
      return repeated.has(index) ? { kind: 'duplicate', isConflict: false } : NEW;
    }
    const known = lost.has(key) ? storedHashes.get(key) : hashAt(candidates, firstByKey.get(key));
    return { kind: 'duplicate', isConflict: known !== event.contentHash };
  });
}

/** Indexes of winners by id whose v1 sequence key was taken before [domain 2.5]. */
async function repeatedSequences(
  client: PoolClient,
  candidates: readonly Candidate[],
  isWinner: (index: number) => boolean,
): Promise<ReadonlySet<number>> {
  const firstBySequence = new Map<string, number>();
  const repeated = new Set<number>();
  candidates.forEach(({ event }, index) => {
    if (event.sequenceKey === null || !isWinner(index)) {
      return;
    }
    const sequence = ledgerKey('sequence', event.org, event.sequenceKey);
    if (firstBySequence.has(sequence)) {
      repeated.add(index);
    } else {
      firstBySequence.set(sequence, index);
    }
  });
  for (const sequence of await claim(client, firstBySequence, candidates)) {
    repeated.add(firstBySequence.get(sequence) ?? -1);
  }
  return repeated;
}

/** Puts the keys of the candidates at these indexes into the ledger; answers those that were there already. */
async function claim(
  client: PoolClient,
  firstByKey: ReadonlyMap<string, number>,
  candidates: readonly Candidate[],
): Promise<ReadonlySet<string>> {
  const keys = [...firstByKey.keys()].sort();
  if (keys.length === 0) {
    return new Set();
  }
  const events = keys.flatMap((key) => candidates[firstByKey.get(key) ?? -1]?.event ?? []);
  const { rows } = await client.query<{ position: number }>({
    name: 'ledger-writer/claim',
    text: CLAIM_SQL,
    values: [
      uuidArray(keys),
      int8Array(events.map(({ contentHash }) => contentHash)),
      timestamptzArray(events.map(({ eventAtMs }) => eventAtMs)),
    ],
  });
  return new Set(rows.flatMap(({ position }) => keys[position - 1] ?? []));
}

async function readHashes(client: PoolClient, keys: ReadonlySet<string>): Promise<ReadonlyMap<string, bigint>> {
  if (keys.size === 0) {
    return new Map();
  }
  const { rows } = await client.query<{ event_key: string; content_hash: string }>({
    name: 'ledger-writer/hashes',
    text: HASHES_SQL,
    values: [uuidArray([...keys])],
  });
  return new Map(rows.map((row) => [row.event_key.replaceAll('-', ''), BigInt(row.content_hash)]));
}

/** md5 of `org`, a zero and the id, as 32 hex digits; `space` keeps sequence keys apart from ids. */
export function ledgerKey(space: string, org: string, id: string): string {
  const prefix = space === '' ? '' : `${space}\0`;
  return hash('md5', `${prefix}${org}\0${id}`, 'hex');
}

function hashAt(candidates: readonly Candidate[], index: number | undefined): bigint | undefined {
  return index === undefined ? undefined : candidates[index]?.event.contentHash;
}
