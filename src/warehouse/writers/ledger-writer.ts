import { hash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { TelemetryEvent } from '../../domain/event.js';

/** An accepted event that may still turn out to be a duplicate. */
export interface Candidate {
  readonly event: TelemetryEvent;
}

export type LedgerOutcome =
  | { readonly kind: 'new' }
  /** `isConflict`: the event accepted before has other content. */
  | { readonly kind: 'duplicate'; readonly isConflict: boolean };

// Sorted by the caller: two writers of the same keys wait for each other in one order.
const CLAIM_SQL = `
insert into raw.ledger (event_key, content_hash, event_at)
select k, h, timestamptz 'epoch' + ms * interval '1 millisecond'
from unnest($1::uuid[], $2::bigint[], $3::bigint[]) as c (k, h, ms)
on conflict do nothing
returning event_key`;

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
  const won = await claim(client, firstByKey, candidates);
  const lost = [...firstByKey.keys()].filter((key) => !won.has(key));
  const storedHashes = await readHashes(client, lost);
  const repeated = await repeatedSequences(client, candidates, keys, firstByKey, won);
  return candidates.map(({ event }, index) => {
    const key = keys[index] ?? '';
    const first = firstByKey.get(key);
    if (first === index && won.has(key)) {
      return repeated.has(index) ? { kind: 'duplicate', isConflict: false } : { kind: 'new' };
    }
    const known = won.has(key) ? hashAt(candidates, first) : storedHashes.get(key);
    return { kind: 'duplicate', isConflict: known !== event.contentHash };
  });
}

/** Indexes of winners by id whose v1 sequence key was taken before [domain 2.5]. */
async function repeatedSequences(
  client: PoolClient,
  candidates: readonly Candidate[],
  keys: readonly string[],
  firstByKey: ReadonlyMap<string, number>,
  won: ReadonlySet<string>,
): Promise<ReadonlySet<number>> {
  const firstBySequence = new Map<string, number>();
  const repeated = new Set<number>();
  candidates.forEach(({ event }, index) => {
    const key = keys[index] ?? '';
    if (event.sequenceKey === null || firstByKey.get(key) !== index || !won.has(key)) {
      return;
    }
    const sequence = ledgerKey('sequence', event.org, event.sequenceKey);
    if (firstBySequence.has(sequence)) {
      repeated.add(index);
    } else {
      firstBySequence.set(sequence, index);
    }
  });
  const claimed = await claim(client, firstBySequence, candidates);
  for (const [sequence, index] of firstBySequence) {
    if (!claimed.has(sequence)) repeated.add(index);
  }
  return repeated;
}

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
  const { rows } = await client.query<{ event_key: string }>({
    name: 'ledger-writer/claim',
    text: CLAIM_SQL,
    values: [
      `{${keys.join(',')}}`,
      `{${events.map(({ contentHash }) => contentHash).join(',')}}`,
      `{${events.map(({ eventAtMs }) => eventAtMs).join(',')}}`,
    ],
  });
  return new Set(rows.map(({ event_key }) => event_key.replaceAll('-', '')));
}

async function readHashes(client: PoolClient, keys: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
  if (keys.length === 0) {
    return new Map();
  }
  const { rows } = await client.query<{ event_key: string; content_hash: string }>({
    name: 'ledger-writer/hashes',
    text: HASHES_SQL,
    values: [`{${keys.join(',')}}`],
  });
  return new Map(rows.map((row) => [row.event_key.replaceAll('-', ''), BigInt(row.content_hash)]));
}

/** md5 of `org`, a zero and the id, as 32 hex digits; `space` keeps sequence keys apart from ids. */
function ledgerKey(space: string, org: string, id: string): string {
  const prefix = space === '' ? '' : `${space}\0`;
  return hash('md5', `${prefix}${org}\0${id}`, 'hex');
}

function hashAt(candidates: readonly Candidate[], index: number | undefined): bigint | undefined {
  return index === undefined ? undefined : candidates[index]?.event.contentHash;
}
