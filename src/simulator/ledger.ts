import type { SessionFact } from './emission.js';
import { livePipeline, type SimulatedNetwork } from './network.js';
import type { ExpectedSession } from './options.js';
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

export function createLedger(network: SimulatedNetwork, plan: SessionPlan): SessionLedger {
  const firsts = new Map<string, { eventMs: number; ownMs: number }>();
  const swapEvents: { orchestrator: number | null; atMs: number }[] = [];
  const stays: Stay[] = [];
  const startTimes: { atMs: number; startTimeMs: number }[] = [];
  let [firstSeenMs, lastSeenMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [statusCount, runningCount, outputCount, errorCount, excusableCount] = [0, 0, 0, 0, 0];
  let namedBeforeStay = false;

  /** Facts arrive in event order, so a change of orchestrator is a new stay. */
  const see = (orchestrator: number | null, atMs: number, namesModel: boolean): void => {
    let stay = stays.at(-1);
    if (orchestrator !== null && stay?.orchestrator !== orchestrator) {
      stay = { orchestrator, fromMs: stay === undefined ? firstSeenMs : atMs, namesModel: false };
      stays.push(stay);
    }
    if (!namesModel) return;
    if (stay === undefined) namedBeforeStay = true;
    else stay.namesModel = true;
  };

  const publish = (fact: SessionFact): void => {
    firstSeenMs = Math.min(firstSeenMs, fact.eventMs);
    lastSeenMs = Math.max(lastSeenMs, fact.eventMs);
    if (fact.family === 'metrics') return;
    if (fact.family === 'trace') {
      if (!firsts.has(fact.type)) firsts.set(fact.type, { eventMs: fact.eventMs, ownMs: fact.ownMs });
      if (fact.type === 'orchestrator_swap') swapEvents.push({ orchestrator: fact.orchestrator, atMs: fact.eventMs });
      else if (!fact.type.startsWith('runner_')) see(fact.orchestrator, fact.eventMs, false);
      return;
    }
    see(fact.orchestrator, fact.eventMs, fact.namesModel);
    if (fact.family === 'event') {
      if (fact.isError) errorCount += 1;
      if (fact.isError && fact.isExcusable) excusableCount += 1;
      return;
    }
    statusCount += 1;
    if (fact.isRunning) runningCount += 1;
    if (fact.hasOutput) outputCount += 1;
    const earliest = startTimes.at(-1);
    if (earliest === undefined || fact.startTimeMs < earliest.startTimeMs)
      startTimes.push({ atMs: fact.eventMs, startTimeMs: fact.startTimeMs });
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
      org: plan.gateway.org,
      sessionKey: `${plan.streamId === '' ? '_missing_stream' : plan.streamId}|${plan.requestId === '' ? '_missing_request' : plan.requestId}`,
      requested: request !== undefined,
      ...startup(),
      selectionOutcome:
        stays.length > 0 ? 'selected' : firsts.has('gateway_no_orchestrators_available') ? 'no_orch' : 'unknown',
      completed: firsts.has('gateway_ingest_stream_closed'),
      explicitSwaps: swapEvents.length,
      inferredSwaps: unexplainedChanges(stays, swapEvents),
      loadingOnly: statusCount > 0 && runningCount === 0,
      zeroOutput: statusCount > 0 && outputCount === 0,
      orchestrators: orchestrators.flatMap((orchestrator) =>
        orchestrator === undefined ? [] : [orchestrator.address.toLowerCase()],
      ),
      attributionCertain: stays.every(isKnown),
      pipeline: isNamed ? livePipeline : null,
      model: isNamed ? plan.model : null,
      isSynthetic: plan.isSynthetic && plan.streamId !== '',
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
