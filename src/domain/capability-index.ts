import type { CapabilityContent } from './event.js';

/** A row of `core.capability_run` with its content: a maximal stretch of equal content of one key [TYPED_RAW-003]. */
export interface CapabilityRunRow {
  readonly org: string;
  readonly address: string;
  readonly uri: string;
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** First sighting of different content; null: still in force. */
  readonly nextAt: Date | null;
  readonly contentHash: string;
  readonly localAddress: string;
  readonly firstEventId: string;
  readonly lastEventId: string;
  readonly content: CapabilityContent;
}

/** A capability run as the rules read it; instants in ms. */
export interface CapabilityRun {
  readonly address: string;
  readonly uri: string;
  readonly localAddress: string;
  readonly firstAt: number;
  readonly lastAt: number;
  /** Null: in force for good. */
  readonly nextAt: number | null;
  readonly contentHash: string;
  readonly firstEventId: string;
  readonly content: CapabilityContent;
}

/** What the events show of an orchestrator: lower-case, `''` when not shown. */
export interface ObservedIdentity {
  readonly url: string;
  readonly address: string;
}

/** Sightings are heeded up to this long after the events they are held against. */
export const SIGHTING_GRACE_MS = 30_000;

const HOT_KEY = /^0x[0-9a-f]{40}$/;

/** Runs of one key, oldest first, and since when each on-chain address is known to have it. */
interface Sighted {
  readonly runs: CapabilityRun[];
  readonly owners: Map<string, number>;
}

/** The capability runs of one organisation by what the events may show of an orchestrator [ATTRIBUTION-001]. */
export class OrgCapabilities {
  readonly #byUrl = new Map<string, Sighted>();
  readonly #byAddress = new Map<string, Sighted>();
  readonly #byLocalAddress = new Map<string, Sighted>();

  constructor(runs: readonly CapabilityRun[]) {
    const ordered = [...runs].sort(
      (a, b) => a.firstAt - b.firstAt || compare(a.address, b.address) || compare(a.uri, b.uri),
    );
    for (const run of ordered) {
      if (run.uri !== '') addSighted(this.#byUrl, run.uri, run);
      addSighted(this.#byAddress, run.address, run);
      if (HOT_KEY.test(run.localAddress) && run.localAddress !== run.address) {
        addSighted(this.#byLocalAddress, run.localAddress, run);
      }
    }
  }

  /** Runs of a URL first sighted at or before `knownMs`, oldest first; none for a blank URL. */
  runsOfUrl(url: string, knownMs: number): readonly CapabilityRun[] {
    return known(this.#byUrl.get(url), knownMs);
  }

  /** Runs of an on-chain address first sighted at or before `knownMs`, oldest first. */
  runsOfAddress(address: string, knownMs: number): readonly CapabilityRun[] {
    return known(this.#byAddress.get(address), knownMs);
  }

  /** Runs of a hot key (0x + 40 hex, not the on-chain address itself), oldest first. */
  runsOfLocalAddress(localAddress: string, knownMs: number): readonly CapabilityRun[] {
    return known(this.#byLocalAddress.get(localAddress), knownMs);
  }

  /**
   * The on-chain address that an observed identity maps to, as known at `knownMs` [ATTRIBUTION-001].
   *
   * The URL decides first, then the address: an on-chain address is itself, a hot key its only owner. Null when
   * nobody is known, or several are.
   */
  canonicalOf(identity: ObservedIdentity, knownMs: number): string | null {
    const byUrl = ownerOf(this.#byUrl.get(identity.url), knownMs);
    if (byUrl !== null) return byUrl;
    if (identity.address === '') return null;
    const itself = ownerOf(this.#byAddress.get(identity.address), knownMs);
    return itself ?? ownerOf(this.#byLocalAddress.get(identity.address), knownMs);
  }
}

/** Capability runs of any number of organisations; each sees its own only. */
export interface CapabilityIndex {
  /** Never null: an organisation without runs has an empty index. */
  ofOrg(org: string): OrgCapabilities;
}

/** Indexes rows of `core.capability_run`; any order, no duplicates. */
export function buildCapabilityIndex(rows: Iterable<CapabilityRunRow>): CapabilityIndex {
  const byOrg = new Map<string, CapabilityRun[]>();
  for (const row of rows) {
    const runs = byOrg.get(row.org);
    if (runs === undefined) byOrg.set(row.org, [runOf(row)]);
    else runs.push(runOf(row));
  }
  const indexes = new Map([...byOrg].map(([org, runs]) => [org, new OrgCapabilities(runs)]));
  const empty = new OrgCapabilities([]);
  return { ofOrg: (org) => indexes.get(org) ?? empty };
}

/** The one on-chain address of some runs; null for none or several. */
export function onlyOwner(runs: readonly CapabilityRun[]): string | null {
  const owner = runs[0]?.address ?? null;
  return runs.every((run) => run.address === owner) ? owner : null;
}

/**
 * Whether two observed identities are the same orchestrator, as known at `knownMs` [LIFECYCLE-005].
 *
 * On-chain addresses decide where both map to one; else the URLs where both show one; else the addresses where both
 * show one; null: they cannot be compared.
 */
export function isSameOrchestrator(
  a: ObservedIdentity,
  b: ObservedIdentity,
  capabilities: OrgCapabilities,
  knownMs: number,
): boolean | null {
  const left = capabilities.canonicalOf(a, knownMs);
  const right = left === null ? null : capabilities.canonicalOf(b, knownMs);
  if (left !== null && right !== null) return left === right;
  if (a.url !== '' && b.url !== '') return a.url === b.url;
  if (a.address !== '' && b.address !== '') return a.address === b.address;
  return null;
}

function runOf(row: CapabilityRunRow): CapabilityRun {
  const { address, uri, localAddress, contentHash, firstEventId, content } = row;
  const firstAt = row.firstAt.getTime();
  return {
    address,
    uri,
    localAddress,
    firstAt,
    lastAt: row.lastAt.getTime(),
    nextAt: row.nextAt?.getTime() ?? null,
    contentHash,
    firstEventId,
    content,
  };
}

function known(sighted: Sighted | undefined, knownMs: number): readonly CapabilityRun[] {
  if (sighted === undefined) return [];
  const newest = sighted.runs.at(-1);
  if (newest !== undefined && newest.firstAt <= knownMs) return sighted.runs;
  return sighted.runs.filter((run) => run.firstAt <= knownMs);
}

/** The only owner known at `knownMs`; null for none or several. */
function ownerOf(sighted: Sighted | undefined, knownMs: number): string | null {
  if (sighted === undefined) return null;
  let owner: string | null = null;
  for (const [address, firstAt] of sighted.owners) {
    if (firstAt > knownMs) continue;
    if (owner !== null) return null;
    owner = address;
  }
  return owner;
}

/** Runs come oldest first, so an owner's first run says since when it is known. */
function addSighted(map: Map<string, Sighted>, key: string, run: CapabilityRun): void {
  const sighted = map.get(key) ?? { runs: [], owners: new Map<string, number>() };
  map.set(key, sighted);
  sighted.runs.push(run);
  if (!sighted.owners.has(run.address)) sighted.owners.set(run.address, run.firstAt);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
