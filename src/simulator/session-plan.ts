import { arrivalMs } from './arrivals.js';
import type { SimulatedGateway, SimulatedNetwork, SimulatedOrchestrator } from './network.js';
import type { SimulationOptions } from './options.js';
import { createRandom, type Random } from './random.js';

export type Scenario =
  | 'clean'
  | 'parameters'
  | 'restart'
  | 'swap-explicit'
  | 'swap-inferred'
  | 'no-close'
  | 'no-orchestrator'
  | 'excusable-error'
  | 'unexcusable-error'
  | 'loading-only'
  | 'zero-output'
  | 'silent-failure'
  | 'orphan';

const weights: readonly (readonly [Scenario, number])[] = [
  ['clean', 53],
  ['parameters', 6],
  ['restart', 4],
  ['swap-explicit', 5],
  ['swap-inferred', 4],
  ['no-close', 5],
  ['no-orchestrator', 9],
  ['excusable-error', 4],
  ['unexcusable-error', 3],
  ['loading-only', 3],
  ['zero-output', 2],
  ['silent-failure', 1],
  ['orphan', 1],
];

/** One stay at an orchestrator. */
export interface PlannedSegment {
  orchestrator: SimulatedOrchestrator;
  /** Its first message, `gateway_send_first_ingest_segment`. */
  fromMs: number;
  /** Gateway clock; null when it never got there. */
  processedMs: number | null;
  playableMs: number | null;
  /** When the swap event away from it is sent; null when there is none. */
  swapEventMs: number | null;
}

export interface SessionPlan {
  index: number;
  scenario: Scenario;
  gateway: SimulatedGateway;
  /** What its messages say: blank for one session in twenty, as recorded. */
  gatewayName: string;
  streamId: string;
  requestId: string;
  /** v1 alone says it. */
  traceId: string;
  /** Whether v1 messages name orchestrators by URL, else by on-chain address. */
  namesNodeByUrl: boolean;
  isSynthetic: boolean;
  model: string;
  startMs: number;
  endMs: number;
  closes: boolean;
  segments: readonly PlannedSegment[];
}

/** What a retry shares with the attempt before it: even numbers are never retries, one odd number in 25 is. */
interface StreamIdentity {
  gateway: SimulatedGateway;
  streamId: string;
  isSynthetic: boolean;
  model: string;
}

/** The plan of session `index`: a pure function of the options, so any session can be planned alone. */
export function planSession(options: SimulationOptions, network: SimulatedNetwork, index: number): SessionPlan {
  const random = createRandom(options.seed, 'plan', index);
  const isRetry = index % 2 === 1 && random.chance(0.04);
  const scenario = pickScenario(random);
  const isOrphan = scenario === 'orphan';
  const identity = streamIdentity(options, network, isRetry && !isOrphan ? index - 1 : index);
  const startMs = arrivalMs(options, 'session', options.sessions, index);
  const lacksRequest = isOrphan && random.chance(0.5);
  const wantedEndMs = startMs + durationMs(options, random, scenario);
  const segments = planSegments(random, network, scenario, identity.model, startMs, wantedEndMs);
  const lastMs = segments.reduce(
    (latest, segment) =>
      Math.max(latest, (segment.playableMs ?? segment.fromMs) + 2_000, (segment.swapEventMs ?? 0) + 500),
    startMs,
  );
  const v1 = createRandom(options.seed, 'v1 plan', index);
  return {
    index,
    scenario,
    ...identity,
    traceId: v1.hex(32),
    namesNodeByUrl: v1.chance(0.5),
    // v1 cannot leave the publisher blank
    gatewayName: random.chance(0.05) && identity.gateway.dialect !== 'v1' ? '' : identity.gateway.host,
    streamId: isOrphan && !lacksRequest ? '' : identity.streamId,
    requestId: lacksRequest ? '' : random.hex(8),
    startMs,
    endMs: options.longSessionHours === undefined ? Math.max(wantedEndMs, lastMs) : wantedEndMs,
    closes: scenario !== 'no-close' && !isOrphan && random.chance(0.97),
    segments,
  };
}

function streamIdentity(options: SimulationOptions, network: SimulatedNetwork, index: number): StreamIdentity {
  const random = createRandom(options.seed, 'stream', index);
  const isSynthetic = random.chance(0.05);
  return {
    gateway: random.pick(network.gateways),
    isSynthetic,
    streamId: isSynthetic ? `aiJobTesterStream-${random.base36(12)}` : `stream-${random.base36(6)}-${random.base36(8)}`,
    model: random.pick([...network.byModel.keys()]),
  };
}

function pickScenario(random: Random): Scenario {
  let left = random.unit() * weights.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [scenario, weight] of weights) {
    left -= weight;
    if (left < 0) return scenario;
  }
  return 'clean';
}

const naturalMedianMs = 26_000;
const naturalEvents = 25;
/** Measured: sessions that fail early and the missing hours-long ones must be made up for by the others. */
const lengthening = 1.55;

function durationMs(options: SimulationOptions, random: Random, scenario: Scenario): number {
  const draw = random.lognormal(1, 0.9);
  const isLong = random.chance(0.002);
  const hours = 1 + 2 * random.unit();
  if (scenario === 'no-orchestrator') return 2_000 + 4_000 * random.unit();
  if (options.longSessionHours !== undefined) return options.longSessionHours * 3_600_000;
  const wanted =
    options.sessionEvents === undefined ? 1 : Math.max(0.2, (options.sessionEvents - 9) / (naturalEvents - 9));
  const scale = wanted > 1 ? 1 + (wanted - 1) * lengthening : wanted;
  if (isLong && scale <= 1) return hours * 3_600_000 * scale;
  const least = scenario === 'loading-only' || scenario === 'zero-output' ? 25_000 : 6_000;
  return Math.max(least, naturalMedianMs * scale * draw);
}

function planSegments(
  random: Random,
  network: SimulatedNetwork,
  scenario: Scenario,
  model: string,
  startMs: number,
  endMs: number,
): PlannedSegment[] {
  const servers = network.byModel.get(model) ?? [];
  const skips = scenario === 'no-orchestrator' || (scenario === 'excusable-error' && random.chance(0.5));
  const first = random.pick(servers);
  if (skips) return [];
  const isSwap = (scenario === 'swap-explicit' || scenario === 'swap-inferred') && servers.length > 1;
  const fails =
    ['excusable-error', 'unexcusable-error', 'loading-only', 'silent-failure'].includes(scenario) ||
    (scenario === 'zero-output' && random.chance(0.5));
  const segments = [
    planSegment(random, first, startMs + random.integer(1_200, 3_500), fails || (isSwap && random.chance(0.3))),
  ];
  const swaps = isSwap ? random.integer(1, 2) : 0;
  for (let swap = 0; swap < swaps; swap++) {
    const left = segments.at(-1);
    if (left === undefined) break;
    const settledMs = (left.playableMs ?? left.fromMs + 3_000) + 12_000;
    const fromMs = Math.round(settledMs + Math.max(0, (endMs - settledMs) * random.unit() * 0.6));
    const next = planSegment(
      random,
      random.pick(servers.filter((server) => server !== left.orchestrator)),
      fromMs,
      false,
    );
    segments.push(next);
    if (scenario === 'swap-explicit')
      left.swapEventMs = fromMs + (random.chance(0.75) ? -random.integer(200, 800) : random.integer(1_000, 6_000));
  }
  return segments;
}

function planSegment(
  random: Random,
  orchestrator: SimulatedOrchestrator,
  fromMs: number,
  fails: boolean,
): PlannedSegment {
  const loadMs = random.chance(0.1) ? random.integer(4_000, 18_000) : random.integer(250, 900);
  const playableMs = random.integer(1_500, 4_500);
  return {
    orchestrator,
    fromMs,
    processedMs: fails ? null : fromMs + loadMs,
    playableMs: fails ? null : fromMs + loadMs + playableMs,
    swapEventMs: null,
  };
}
