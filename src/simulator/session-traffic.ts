import type { Emission } from './emission.js';
import type { SimulationOptions } from './options.js';
import { createRandom, type Random } from './random.js';
import { createSessionMessages, type SessionMessages, type StatusReading } from './session-messages.js';
import type { PlannedSegment, SessionPlan } from './session-plan.js';
import { createV1Messages } from './v1-messages.js';

const excusableTexts = [
  'whip disconnected',
  'mediamtx ingest disconnected',
  'ICE connection state failed',
  'missing video',
  'User disconnected',
];
const otherTexts = [
  'error starting stream: connection refused',
  'runner panic: CUDA out of memory',
  'inference timeout after 60s',
];
const swapReasons = [
  'inference timeout',
  'orchestrator capacity exceeded',
  'connection reset by peer',
  'price too high',
  'swap requested',
];

const metricsEveryMs = 5_000;
const statusEveryMs = 10_000;
const paymentEveryMs = 30_000;

interface Beat {
  atMs: number;
  write: () => readonly Emission[];
}

/** The stream that a session's messages draw from. */
export function sessionRandom(options: SimulationOptions, index: number): Random {
  return createRandom(options.seed, 'session', index);
}

/** A session's messages in the order they happen; holds its few single messages, makes the periodic ones as it goes. */
export function* sessionEmissions(options: SimulationOptions, plan: SessionPlan): Generator<Emission> {
  const random = sessionRandom(options, plan.index);
  const messages = createMessages(options, plan, random);
  const beats = singleBeats(plan, messages, random).sort((a, b) => a.atMs - b.atMs);
  const first = plan.segments[0];
  const isQuiet = first === undefined || plan.scenario === 'silent-failure';
  const never = Number.POSITIVE_INFINITY;
  const state = createConditions(plan, random);
  let beat = 0;
  let metricsMs = first === undefined ? never : plan.startMs + 5_300;
  let statusMs = isQuiet || first === undefined ? never : first.fromMs + 8_000;
  let paymentMs = first === undefined ? never : plan.startMs + 900 + paymentEveryMs;
  let metricsCount = 0;
  let paymentCount = 1;
  for (;;) {
    const next = beats[beat];
    const singleMs = next === undefined ? never : next.atMs;
    const atMs = Math.min(singleMs, metricsMs, statusMs, paymentMs);
    if (atMs === singleMs) {
      if (next === undefined) return;
      yield* next.write();
      beat += 1;
    } else if (atMs >= plan.endMs) {
      if (metricsMs === atMs) metricsMs = never;
      else if (statusMs === atMs) statusMs = never;
      else paymentMs = never;
    } else if (atMs === statusMs) {
      const segment = segmentAt(plan, atMs);
      if (segment !== undefined) yield* messages.status(atMs, segment.orchestrator, state(atMs, segment));
      statusMs += statusEveryMs;
    } else if (atMs === metricsMs) {
      yield* messages.metrics(atMs, metricsCount++);
      metricsMs += metricsEveryMs;
    } else {
      const segment = segmentAt(plan, atMs);
      if (segment !== undefined) {
        yield* plan.gateway.org === 'cloudspe'
          ? messages.ticket(atMs, segment.orchestrator, paymentCount)
          : messages.payment(atMs, segment.orchestrator, paymentCount);
        paymentCount += 1;
      }
      paymentMs += paymentEveryMs;
    }
  }
}

function createMessages(options: SimulationOptions, plan: SessionPlan, random: Random): SessionMessages {
  const messages = createSessionMessages(plan, random);
  return plan.gateway.dialect === 'v1' ? createV1Messages(options, plan, messages) : messages;
}

function segmentAt(plan: SessionPlan, atMs: number): PlannedSegment | undefined {
  let current: PlannedSegment | undefined;
  for (const segment of plan.segments) if (segment.fromMs <= atMs) current = segment;
  return current;
}

/** What the status samples of this session show at an instant. */
function createConditions(plan: SessionPlan, random: Random): (atMs: number, segment: PlannedSegment) => StatusReading {
  const middleMs = (plan.startMs + plan.endMs) / 2;
  const hasRestart = plan.scenario === 'restart';
  const hasParameters = plan.scenario === 'parameters';
  return (atMs, segment) => {
    const base = {
      startTimeMs: segment.fromMs - 900,
      restartCount: hasRestart && atMs > middleMs ? 1 : 0,
      paramsVersion: hasParameters && atMs > middleMs ? 2 : 1,
      lastError: null,
    };
    if (plan.scenario === 'zero-output')
      return { ...base, state: segment.playableMs === null ? 'LOADING' : 'ONLINE', fps: 0 };
    if (segment.processedMs === null) {
      return {
        ...base,
        state: 'LOADING',
        fps: 0,
        lastError: plan.scenario === 'unexcusable-error' ? 'inference timeout' : null,
      };
    }
    if (atMs < segment.processedMs) return { ...base, state: 'LOADING', fps: 0 };
    const fps = Math.max(0.5, segment.orchestrator.fps * (1 + 0.06 * random.normal()));
    const luck = random.unit();
    if (luck < 0.03) return { ...base, state: 'DEGRADED_INPUT', fps: fps * 0.6 };
    if (luck < 0.04) return { ...base, state: 'DEGRADED_INFERENCE', fps: fps * 0.4 };
    if (luck < 0.045) return { ...base, state: 'ERROR', fps: 0, lastError: 'inference timeout' };
    if (luck < 0.05) return { ...base, state: 'OFFLINE', fps: 0 };
    return { ...base, state: 'ONLINE', fps };
  };
}

function singleBeats(plan: SessionPlan, messages: SessionMessages, random: Random): Beat[] {
  const beats: Beat[] = [];
  const add = (atMs: number, write: (atMs: number) => readonly Emission[]): void => {
    const whole = Math.round(atMs);
    beats.push({ atMs: whole, write: () => write(whole) });
  };
  const { startMs, endMs, scenario } = plan;
  if (scenario !== 'orphan') add(startMs, (at) => messages.trace('gateway_receive_stream_request', at, null));
  if (scenario === 'no-orchestrator') {
    const attempts = random.integer(1, 2);
    for (let attempt = 0; attempt < attempts; attempt++)
      add(startMs + 300 + attempt * 800, (at) => messages.trace('gateway_no_orchestrators_available', at, null));
    if (random.chance(0.4))
      add(startMs + 1_700, (at) => messages.error(at, 'no orchestrators available within 2s timeout', true));
  }
  for (const [place, segment] of plan.segments.entries())
    addSegment(add, messages, random, segment, place === 0 ? startMs + 200 : segment.fromMs + 20, place);
  addTroubles(add, plan, messages, random);
  if (plan.closes)
    add(endMs, (at) => messages.trace('gateway_ingest_stream_closed', at, plan.segments.at(-1)?.orchestrator ?? null));
  return beats;
}

type AddBeat = (atMs: number, write: (atMs: number) => readonly Emission[]) => void;

function addSegment(
  add: AddBeat,
  messages: SessionMessages,
  random: Random,
  segment: PlannedSegment,
  discoveryMs: number,
  place: number,
): void {
  const { orchestrator, fromMs, processedMs, playableMs, swapEventMs } = segment;
  add(discoveryMs, (at) => messages.discovery(at, orchestrator));
  add(discoveryMs + 1, (at) => messages.payment(at, orchestrator, place));
  add(fromMs, (at) => messages.trace('gateway_send_first_ingest_segment', at, orchestrator));
  if (random.chance(0.1))
    add(fromMs + 5, (at) => messages.runnerTrace('runner_receive_stream_request', at, orchestrator));
  add(fromMs + 10, (at) => messages.runnerTrace('runner_receive_first_ingest_segment', at, orchestrator));
  if (processedMs !== null && playableMs !== null) {
    add(processedMs - random.integer(80, 220), (at) =>
      messages.runnerTrace('runner_send_first_processed_segment', at, orchestrator),
    );
    add(processedMs, (at) => messages.trace('gateway_receive_first_processed_segment', at, orchestrator));
    if (random.chance(0.3))
      add(processedMs + 30, (at) => messages.trace('gateway_receive_first_data_segment', at, orchestrator));
    add(playableMs, (at) => messages.trace('gateway_receive_few_processed_segments', at, orchestrator));
  }
  if (swapEventMs !== null)
    add(swapEventMs, (at) => messages.trace('orchestrator_swap', at, orchestrator, random.pick(swapReasons)));
}

function addTroubles(add: AddBeat, plan: SessionPlan, messages: SessionMessages, random: Random): void {
  const { startMs, endMs, scenario } = plan;
  const middleMs = (startMs + endMs) / 2;
  const last = plan.segments.at(-1);
  if (scenario === 'excusable-error') {
    add(endMs - 300, (at) => messages.error(at, random.pick(excusableTexts), true));
    if (random.chance(0.3))
      add(endMs - 200, (at) => messages.error(at, `stream ended: ${random.pick(excusableTexts)}`, true));
  } else if (scenario === 'unexcusable-error') {
    if (random.chance(0.4)) add(endMs - 600, (at) => messages.error(at, random.pick(excusableTexts), true));
    add(endMs - 300, (at) => messages.error(at, random.pick(otherTexts), false));
  } else if (last !== undefined && (scenario === 'parameters' || scenario === 'restart')) {
    const type = scenario === 'parameters' ? 'params_update' : 'restart';
    const atMs = Math.max(middleMs, last.fromMs + 100);
    add(atMs, (at) => messages.streamEvent(type, at, last.orchestrator));
    if (scenario === 'parameters') add(atMs + 700, (at) => messages.streamEvent(type, at, last.orchestrator));
  }
}
