import type { Edge } from './cell.js';
import { MILESTONES, type Milestone } from './event.js';

/** How far past the first playable segment a status may tell the start of the stream. */
const START_TIME_GRACE_MS = 600_000;
/** Columns are 32-bit; a longer "latency" (a start time decades ago) is a broken clock. */
const LONGEST_MS = 2_147_483_647;

export const LATENCIES = [
  'startup',
  'e2e',
  'gatewayRoundTrip',
  'ptff',
  'hopGatewayRunner',
  'hopRunner',
  'hopRunnerGateway',
] as const;
export type LatencyName = (typeof LATENCIES)[number];

/** Start-ups of sessions that say how they started, apart; those that do not are in the whole alone. */
export const STARTUPS = ['coldStartup', 'warmStartup'] as const;
export type StartupName = (typeof STARTUPS)[number];

/** A latency that both its edges prove, in whole ms ≥ 0. */
export interface Latency {
  readonly name: LatencyName;
  readonly ms: number;
  /** Event time of the second edge: the bucket that counts it. */
  readonly at: number;
  /** Index in `MILESTONES` of the second edge: its segment is the one measured. */
  readonly milestone: number;
}

export interface LatencySource {
  /** First of each milestone of the session, in the order of `MILESTONES`. */
  readonly edges: readonly (Edge | null)[];
  readonly startTimes: readonly (readonly [number, number])[];
}

type SpanName = Exclude<LatencyName, 'ptff'>;
const SPANS: readonly (readonly [SpanName, Milestone, Milestone])[] = [
  ['startup', 'receive_request', 'receive_first_processed'],
  ['e2e', 'send_first_ingest', 'runner_send_first_processed'],
  ['gatewayRoundTrip', 'send_first_ingest', 'receive_first_processed'],
  ['hopGatewayRunner', 'send_first_ingest', 'runner_receive_first_ingest'],
  ['hopRunner', 'runner_receive_first_ingest', 'runner_send_first_processed'],
  ['hopRunnerGateway', 'runner_send_first_processed', 'receive_first_processed'],
];
const RUNNER_MILESTONES: ReadonlySet<Milestone> = new Set([
  'runner_receive_request',
  'runner_receive_first_ingest',
  'runner_send_first_processed',
]);

/** The latencies of a session; one with a missing, inverted or impossible edge is absent, never invented. */
export function measureLatencies(source: LatencySource): readonly Latency[] {
  const spans = SPANS.flatMap(([name, from, to]) => {
    const fromMs = clockOf(source, from);
    const toMs = clockOf(source, to);
    return fromMs === null || toMs === null ? [] : latency(source, name, fromMs, toMs, to);
  });
  return [...spans, ...promptToPlayable(source)];
}

/** From the earliest start_time among the statuses up to 10 min after the first playable segment, to that segment. */
function promptToPlayable(source: LatencySource): readonly Latency[] {
  const playable = edgeOf(source, 'few_processed');
  if (playable === null) return [];
  const started = source.startTimes.findLast(([at]) => at <= playable.at + START_TIME_GRACE_MS);
  return started === undefined ? [] : latency(source, 'ptff', started[1], playable.at, 'few_processed');
}

/** From the first request to the first loading image, in whole ms; null when an edge is missing or inverted. */
export function loadingImageMs(source: Pick<LatencySource, 'edges'>): number | null {
  const asked = edgeOf(source, 'receive_request');
  const shown = edgeOf(source, 'loading_image');
  if (asked === null || shown === null) return null;
  const ms = shown.at - asked.at;
  return ms >= 0 && ms <= LONGEST_MS ? ms : null;
}

function latency(
  source: LatencySource,
  name: LatencyName,
  fromMs: number,
  toMs: number,
  to: Milestone,
): readonly Latency[] {
  const second = edgeOf(source, to);
  const ms = toMs - fromMs;
  if (second === null || ms < 0 || ms > LONGEST_MS) return [];
  return [{ name, ms, at: second.at, milestone: MILESTONES.indexOf(to) }];
}

/** A runner's milestone is read off the runner's clock; without it the edge is missing. */
function clockOf(source: LatencySource, milestone: Milestone): number | null {
  const edge = edgeOf(source, milestone);
  if (edge === null) return null;
  return RUNNER_MILESTONES.has(milestone) ? edge.ownAt : edge.at;
}

function edgeOf(source: Pick<LatencySource, 'edges'>, milestone: Milestone): Edge | null {
  return source.edges[MILESTONES.indexOf(milestone)] ?? null;
}
