import { type ExpectedSession, publicGateway } from './expected.js';
import type { SessionFact, V1Fact } from './facts.js';
import { livePipeline, type SimulatedNetwork, type SimulatedOrchestrator } from './network.js';
import type { SessionPlan } from './session-plan.js';

/** Books what was published of one session and says what it therefore was. */
export interface SessionLedger {
  publish(fact: SessionFact): void;
  /** Null when nothing of the session was published. `wasReported`: a capability report got out in the 30 minutes up to an instant. */
  close(wasReported: (atMs: number) => boolean): ExpectedSession | null;
}

/** The times it showed, in the order they happened. */
interface Stay {
  orchestrator: number;
  fromMs: number;
  namesModel: boolean;
}

export function createSessionLedger(network: SimulatedNetwork, plan: SessionPlan): SessionLedger {
  const firsts = new Map<string, { eventMs: number; ownMs: number }>();
  const swapEvents: { orchestrator: number | null; atMs: number }[] = [];
  const stays: Stay[] = [];
  const startTimes: { atMs: number; startTimeMs: number }[] = [];
  let [firstSeenMs, lastSeenMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [statusCount, runningCount, outputCount, errorCount, excusableCount] = [0, 0, 0, 0, 0];
  let namedBeforeStay = false;
  let coldStart: boolean | null = null;
  let isGatewayNamed = false;

  /** Facts arrive in event order, so a change of orchestrator is a new stay. */
  const see = (orchestrator: number | null, atMs: number, namesModel: boolean): void => {
    let stay = stays.at(-1);
    if (orchestrator !== null && stay?.orchestrator !== orchestrator) {
      stay = {
        orchestrator,
        fromMs: stay === undefined ? firstSeenMs : atMs,
        namesModel: stay === undefined && namedBeforeStay,
      };
      stays.push(stay);
    }
    if (!namesModel) return;
    if (stay === undefined) namedBeforeStay = true;
    else stay.namesModel = true;
  };

  const first = (type: string, eventMs: number, ownMs = eventMs): void => {
    if (!firsts.has(type)) firsts.set(type, { eventMs, ownMs });
  };
  const started = (atMs: number, startTimeMs: number): void => {
    const earliest = startTimes.at(-1);
    if (earliest === undefined || startTimeMs < earliest.startTimeMs) startTimes.push({ atMs, startTimeMs });
  };
  const failed = (fact: { isError: boolean; isExcusable: boolean }): void => {
    if (fact.isError) errorCount += 1;
    if (fact.isError && fact.isExcusable) excusableCount += 1;
  };
  const sampled = (isRunning: boolean, hasOutput: boolean): void => {
    statusCount += 1;
    if (isRunning) runningCount += 1;
    if (hasOutput) outputCount += 1;
  };

  const publishV1 = (fact: V1Fact): void => {
    const { type, eventMs } = fact;
    if (type.startsWith('gateway.')) isGatewayNamed = true;
    if (type === 'gateway.swap') {
      swapEvents.push({ orchestrator: fact.swapFrom, atMs: eventMs });
      return;
    }
    see(fact.orchestrator, eventMs, true);
    failed(fact);
    if (type === 'runner.metrics.sample') {
      sampled(fact.hasOutput, fact.hasOutput);
    } else if (type === 'gateway.request.start') {
      if (!firsts.has('gateway_receive_stream_request')) coldStart = fact.request?.isColdStart ?? null;
      first('gateway_receive_stream_request', eventMs);
      if (fact.request !== null) started(eventMs, fact.request.promptMs);
    } else if (type === 'gateway.request.first_frame' && fact.hasOutput) {
      first('gateway_receive_first_processed_segment', eventMs);
      first('gateway_receive_few_processed_segments', eventMs);
    } else if (type === 'gateway.request.end') {
      first('gateway_ingest_stream_closed', eventMs);
    }
  };

  const publish = (fact: SessionFact): void => {
    firstSeenMs = Math.min(firstSeenMs, fact.eventMs);
    lastSeenMs = Math.max(lastSeenMs, fact.eventMs);
    if (fact.family === 'v1') {
      publishV1(fact);
      return;
    }
    isGatewayNamed = true;
    if (fact.family === 'metrics') return;
    if (fact.family === 'trace') {
      first(fact.type, fact.eventMs, fact.ownMs);
      if (fact.type === 'orchestrator_swap') swapEvents.push({ orchestrator: fact.orchestrator, atMs: fact.eventMs });
      else if (!fact.type.startsWith('runner_')) see(fact.orchestrator, fact.eventMs, false);
      return;
    }
    see(fact.orchestrator, fact.eventMs, fact.namesModel);
    if (fact.family === 'event') {
      failed(fact);
      return;
    }
    sampled(fact.isRunning, fact.hasOutput);
    started(fact.eventMs, fact.startTimeMs);
  };

  const startup = (): Pick<ExpectedSession, 'startupOutcome' | 'excusal'> => {
    if (!firsts.has('gateway_receive_stream_request')) return { startupOutcome: 'unknown', excusal: null };
    if (firsts.has('gateway_receive_few_processed_segments')) return { startupOutcome: 'success', excusal: null };
    if (firsts.has('gateway_no_orchestrators_available') && stays.length === 0)
      return { startupOutcome: 'failed', excusal: 'no_orch' };
    return {
      startupOutcome: 'failed',
      excusal: errorCount > 0 && errorCount === excusableCount ? 'excusable_error' : 'none',
    };
  };

  const close = (wasReported: (atMs: number) => boolean): ExpectedSession | null => {
    if (firstSeenMs > lastSeenMs) return null;
    const request = firsts.get('gateway_receive_stream_request');
    const sent = firsts.get('gateway_send_first_ingest_segment');
    const playableMs = firsts.get('gateway_receive_few_processed_segments')?.eventMs;
    const orchestrators = stays.map((stay) => network.orchestrators[stay.orchestrator]);
    const isKnown = (stay: Stay, place: number): boolean =>
      wasReported(stay.fromMs) && (stay.namesModel || orchestrators[place]?.live.models.length === 1);
    const last = stays.at(-1);
    const isNamed = last === undefined ? namedBeforeStay : last.namesModel || isKnown(last, stays.length - 1);
    const prompts =
      playableMs === undefined
        ? []
        : startTimes.filter((time) => time.atMs <= playableMs + 600_000).map((time) => time.startTimeMs);
    return {
      kind: 'session',
      org: plan.gateway.org,
      sessionKey: sessionKeyOf(plan),
      requested: request !== undefined,
      ...startup(),
      selectionOutcome:
        stays.length > 0 ? 'selected' : firsts.has('gateway_no_orchestrators_available') ? 'no_orch' : 'unknown',
      completed: firsts.has('gateway_ingest_stream_closed'),
      errorCount,
      explicitSwaps: swapEvents.length,
      inferredSwaps: unexplainedChanges(stays, swapEvents),
      loadingOnly: statusCount > 0 && runningCount === 0,
      zeroOutput: statusCount > 0 && outputCount === 0,
      coldStart,
      gateway: isGatewayNamed ? publicGateway(plan.gatewayName) : null,
      region: isGatewayNamed && plan.gateway.region !== '' ? plan.gateway.region : null,
      orchestrators: orchestrators.flatMap((orchestrator) =>
        orchestrator === undefined ? [] : [canTell(plan, orchestrator) ? orchestrator.address.toLowerCase() : null],
      ),
      attributionCertain: stays.every(isKnown),
      pipeline: isNamed ? livePipeline : null,
      model: isNamed ? plan.model : null,
      isSynthetic: plan.isSynthetic && (plan.streamId !== '' || plan.gateway.dialect === 'v1'),
      startMs: request === undefined ? firstSeenMs : request.eventMs,
      firstSeenMs,
      lastSeenMs,
      statusCount,
      startupMs: gap(request?.eventMs, firsts.get('gateway_receive_first_processed_segment')?.eventMs),
      e2eMs: gap(sent?.eventMs, firsts.get('runner_send_first_processed_segment')?.ownMs),
      promptToPlayableMs: prompts.length === 0 ? null : gap(Math.min(...prompts), playableMs),
    };
  };
  return { publish, close };
}

function sessionKeyOf({ gateway, streamId, requestId, traceId }: SessionPlan): string {
  if (gateway.dialect === 'v1' && requestId === '') return `_trace|${traceId}`;
  return `${streamId === '' ? '_missing_stream' : streamId}|${requestId === '' ? '_missing_request' : requestId}`;
}

/** An address alone does not tell a surface from one that reports neither pipeline nor model and may serve anything. */
function canTell(plan: SessionPlan, orchestrator: SimulatedOrchestrator): boolean {
  const seesAddressAlone = plan.gateway.dialect === 'v1' && !plan.namesNodeByUrl;
  return !seesAddressAlone || orchestrator.surfaces.every(({ models }) => models.length > 0);
}

/** Changes of orchestrator that no swap event speaks for: one that names the old one, after the change before and ≤ 10 s after this. */
function unexplainedChanges(
  stays: readonly Stay[],
  swapEvents: readonly { orchestrator: number | null; atMs: number }[],
): number {
  const free = new Set(swapEvents);
  let unexplained = 0;
  for (const [place, stay] of stays.entries()) {
    const left = stays[place - 1];
    if (left === undefined) continue;
    const matching = [...free].filter(
      (event) =>
        event.orchestrator === left.orchestrator &&
        (place === 1 || event.atMs > left.fromMs) &&
        event.atMs <= stay.fromMs + 10_000,
    );
    const chosen = matching.filter((event) => event.atMs <= stay.fromMs).at(-1) ?? matching[0];
    if (chosen === undefined) unexplained += 1;
    else free.delete(chosen);
  }
  return unexplained;
}

function gap(fromMs: number | undefined, toMs: number | undefined): number | null {
  return fromMs === undefined || toMs === undefined || toMs < fromMs ? null : toMs - fromMs;
}
