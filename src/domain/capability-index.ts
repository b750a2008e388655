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

/** The capability runs of one organisation by what the events may show of an orchestrator [ATTRIBUTION-001]. */
export class OrgCapabilities {
  readonly #byUrl = new Map<string, CapabilityRun[]>();
  readonly #byAddress = new Map<string, CapabilityRun[]>();
  readonly #byLocalAddress = new Map<string, CapabilityRun[]>();

  constructor(runs: readonly CapabilityRun[]) {
    const ordered = [...runs].sort(
      (a, b) => a.firstAt - b.firstAt || compare(a.address, b.address) || compare(a.uri, b.uri),
    );
    for (const run of ordered) {
      if (run.uri !== '') push(this.#byUrl, run.uri, run);
      push(this.#byAddress, run.address, run);
      if (HOT_KEY.test(run.localAddress) && run.localAddress !== run.address) {
        push(this.#byLocalAddress, run.localAddress, run);
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
    const byUrl = onlyOwner(this.runsOfUrl(identity.url, knownMs));
    if (byUrl !== null) return byUrl;
    if (identity.address === '') return null;
    if (this.runsOfAddress(identity.address, knownMs).length > 0) return identity.address;
    return onlyOwner(this.runsOfLocalAddress(identity.address, knownMs));
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
  for (const row of rows) push(byOrg, row.org, runOf(row));
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

function known(runs: readonly CapabilityRun[] | undefined, knownMs: number): readonly CapabilityRun[] {
  if (runs === undefined) return [];
  const newest = runs.at(-1);
  if (newest !== undefined && newest.firstAt <= knownMs) return runs;
  return runs.filter((run) => run.firstAt <= knownMs);
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
