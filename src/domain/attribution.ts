import { type CapabilityRun, type OrgCapabilities, onlyOwner, SIGHTING_GRACE_MS } from './capability-index.js';
import { type OfferedSurface, surfaceKey, surfacesOf } from './capability-surfaces.js';
import { agrees, type SurfaceHints } from './hints.js';
import type {
  AttributionConfidence,
  AttributionMethod,
  AttributionOutcome,
  AttributionReason,
} from './resolved-rows.js';

/** What is to be attributed: a segment, or a job (an extent of one instant). Texts are `''` when not observed. */
export interface AttributionQuery {
  readonly url: string;
  readonly address: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Hints against a candidate's model; against null without a candidate [ATTRIBUTION-002]. */
  readonly hintsFor: (candidateModel: string | null) => SurfaceHints;
}

export interface AttributionPolicy {
  /** A sighting older than this says nothing about now. */
  readonly capabilityMaxAgeMs: number;
}

export interface Attribution {
  readonly outcome: AttributionOutcome;
  readonly method: AttributionMethod;
  readonly reason: AttributionReason;
  readonly confidence: AttributionConfidence;
  /** On-chain address; `''` for every unsafe outcome [ATTRIBUTION-005]. */
  readonly orchestratorAddress: string;
  readonly pipeline: string;
  readonly model: string;
  /** `''` for unsafe outcomes, without GPU data, and when the surface has several GPUs. */
  readonly gpuUuid: string;
  /** The runs that decided, in order of first sighting. */
  readonly runs: readonly CapabilityRun[];
}

type Freshness = 'exact' | 'prior' | 'later' | 'stale';
const FRESHNESS_ORDER: readonly Freshness[] = ['exact', 'prior', 'later', 'stale'];

interface Match {
  readonly method: AttributionMethod;
  readonly runs: readonly CapabilityRun[];
  /** Why there is none. */
  readonly missing: AttributionReason;
}

interface Candidate {
  readonly run: CapabilityRun;
  readonly surface: OfferedSurface;
}

/** Decides which orchestrator, pipeline, model and GPU served something [ATTRIBUTION-003 to 006]. */
export function attribute(
  query: AttributionQuery,
  capabilities: OrgCapabilities,
  policy: AttributionPolicy,
): Attribution {
  const match = findRuns(query, capabilities);
  if (match.runs.length === 0) return unsafe(query, 'unresolved', 'none', match.missing, []);
  for (const freshness of FRESHNESS_ORDER) {
    const runs = match.runs.filter((run) => freshnessOf(run, query, policy) === freshness);
    const candidates = onePerKey(compatible(runs, query), freshness);
    if (candidates.length > 0) return decide(query, match.method, freshness, candidates);
  }
  const newest = new Map(match.runs.map((run) => [keyOf(run), run]));
  return unsafe(query, 'unresolved', match.method, 'incompatible_candidates', [...newest.values()]);
}

/** By URL, and only by it, where one was observed; else by on-chain address; else by a hot key with one owner. */
function findRuns(query: AttributionQuery, capabilities: OrgCapabilities): Match {
  const knownMs = query.endMs + SIGHTING_GRACE_MS;
  const { url, address } = query;
  const byAddress = address === '' ? [] : capabilities.runsOfAddress(address, knownMs);
  const byLocalAddress = address === '' ? [] : capabilities.runsOfLocalAddress(address, knownMs);
  if (url !== '') {
    const missing: AttributionReason =
      byAddress.length > 0
        ? 'missing_uri_snapshot_address_match_present'
        : byLocalAddress.length > 0
          ? 'missing_uri_snapshot_local_alias_present'
          : 'missing_candidate';
    return { method: 'url', runs: capabilities.runsOfUrl(url, knownMs), missing };
  }
  if (address === '') return { method: 'none', runs: [], missing: 'no_orchestrator_observed' };
  if (byAddress.length > 0) return { method: 'address', runs: byAddress, missing: 'missing_candidate' };
  const runs = onlyOwner(byLocalAddress) === null ? [] : byLocalAddress;
  return { method: 'local_address', runs, missing: 'missing_candidate' };
}

/** How well a run's time fits the extent [ATTRIBUTION-003]; every run given is known by the end of the grace. */
function freshnessOf(run: CapabilityRun, query: AttributionQuery, policy: AttributionPolicy): Freshness {
  const oldestMs = query.startMs - policy.capabilityMaxAgeMs;
  if (run.firstAt > query.startMs) return 'later';
  if (run.nextAt === null || run.nextAt > query.startMs) return run.lastAt >= oldestMs ? 'exact' : 'stale';
  return run.nextAt >= oldestMs ? 'prior' : 'stale';
}

function compatible(runs: readonly CapabilityRun[], query: AttributionQuery): readonly Candidate[] {
  return runs.flatMap((run) =>
    surfacesOf(run.content)
      .filter((surface) => agrees(surface, query.hintsFor(surface.model)))
      .map((surface) => ({ run, surface })),
  );
}

/** Of the runs of one (address, uri) the newest; of later ones the nearest. Candidates come oldest run first. */
function onePerKey(candidates: readonly Candidate[], freshness: Freshness): readonly Candidate[] {
  const chosen = new Map<string, CapabilityRun>();
  for (const { run } of candidates) {
    if (freshness !== 'later' || !chosen.has(keyOf(run))) chosen.set(keyOf(run), run);
  }
  return candidates.filter(({ run }) => chosen.get(keyOf(run)) === run);
}

function decide(
  query: AttributionQuery,
  method: AttributionMethod,
  freshness: Freshness,
  candidates: readonly Candidate[],
): Attribution {
  const runs = [...new Set(candidates.map(({ run }) => run))];
  const [first] = candidates;
  if (freshness === 'stale' || first === undefined) return unsafe(query, 'stale', method, 'stale', runs);
  const surfaces = new Set(candidates.map(({ run, surface }) => `${keyOf(run)}\u001f${surfaceKey(surface)}`));
  if (surfaces.size > 1) return unsafe(query, 'ambiguous', method, 'ambiguous', runs);
  const { run, surface } = first;
  const hints = query.hintsFor(surface.model);
  const [gpuUuid, ...otherGpus] = surface.gpuUuids;
  // without GPU data the orchestrator and the model are known all the same [ATTRIBUTION-006]
  const hasOneGpu = gpuUuid !== undefined && otherGpus.length === 0;
  return {
    outcome: gpuUuid === undefined ? 'hardware_less' : 'resolved',
    method,
    reason: freshness === 'exact' ? 'matched' : freshness === 'prior' ? 'matched_prior' : 'matched_later',
    confidence: hasOneGpu ? confidenceOf(method, freshness) : 'low',
    orchestratorAddress: run.address,
    pipeline: surface.pipeline || hints.pipeline,
    model: surface.model || hints.model,
    gpuUuid: hasOneGpu ? gpuUuid : '',
    runs,
  };
}

function confidenceOf(method: AttributionMethod, freshness: Freshness): AttributionConfidence {
  if (freshness === 'later') return 'low';
  return freshness === 'exact' && method === 'url' ? 'high' : 'medium';
}

/** Unsafe outcomes fill neither orchestrator nor GPU; pipeline and model are what the events say [ATTRIBUTION-005]. */
function unsafe(
  query: AttributionQuery,
  outcome: 'stale' | 'ambiguous' | 'unresolved',
  method: AttributionMethod,
  reason: AttributionReason,
  runs: readonly CapabilityRun[],
): Attribution {
  const { pipeline, model } = query.hintsFor(null);
  return {
    outcome,
    method,
    reason,
    confidence: 'none',
    orchestratorAddress: '',
    pipeline,
    model,
    gpuUuid: '',
    runs,
  };
}

function keyOf(run: CapabilityRun): string {
  return `${run.address}\u001f${run.uri}`;
}
