import type { CapabilityRunRow } from '../../../src/domain/capability-index.js';
import type { SessionEvent } from '../../../src/domain/event.js';
import { isShowing, NaiveSession, precedes } from './naive-session.js';
import { MINUTE } from './session-samples.js';

const RUNNING = ['ONLINE', 'DEGRADED_INPUT', 'DEGRADED_INFERENCE'];

function sampleFacts(samples: readonly SessionEvent[]) {
  const fps = samples.flatMap((e) => (e.fpsMicro === null ? [] : [e.fpsMicro]));
  const running = samples.filter((e) => RUNNING.includes(e.state ?? '')).length;
  const positive = fps.filter((one) => one > 0).length;
  return {
    statuses: samples.length,
    running,
    positive,
    fpsCount: fps.length,
    fpsSum: fps.reduce((sum, one) => sum + one, 0),
    errors: samples.filter((e) => e.hasLastError || e.state === 'ERROR').length,
    inputs: samples.filter((e) => e.inputFpsMicro !== null).length,
    isLoadingOnly: samples.length > 0 && running === 0,
    isZeroOutput: samples.length > 0 && positive === 0,
  };
}

/** Bytes and milliseconds of one direction whose second reading is among some events of the session. */
export function naiveFlow(
  session: readonly SessionEvent[],
  counted: (e: SessionEvent) => boolean,
  direction: 'tx' | 'rx',
) {
  const last = new Map<string, { at: number; bytes: number }>();
  const sum = { samples: 0, bytes: 0n, ms: 0 };
  for (const e of session) {
    if (e.transport === null) continue;
    const { publisherId, samplingIntervalMs: interval } = e.transport;
    const [bytes, mbps] = [e.transport[`${direction}Bytes`], e.transport[`${direction}Mbps`]];
    const isCounter = bytes !== null && bytes >= 0;
    if (counted(e) && (isCounter || mbps !== null)) sum.samples += 1;
    if (!isCounter) {
      if (mbps === null || interval === null || interval <= 0 || !counted(e)) continue;
      sum.bytes += BigInt(Math.round(mbps * 125 * interval));
      sum.ms += interval;
      continue;
    }
    const before = last.get(publisherId);
    last.set(publisherId, { at: e.eventAtMs, bytes });
    if (before === undefined || bytes < before.bytes || !counted(e)) continue;
    sum.bytes += BigInt(bytes) - BigInt(before.bytes);
    sum.ms += e.eventAtMs - before.at;
  }
  return [sum.samples, String(sum.bytes), sum.ms];
}

function naiveGpu(samples: readonly SessionEvent[]) {
  const sum = { count: 0, utilisation: 0, flops: 0, achieved: 0, peak: 0 };
  for (const { transport } of samples) {
    if (transport === null) continue;
    const { gpuUtilisation: used, achievedFlops: achieved, peakFlops: peak } = transport;
    if (used !== null && used >= 0 && used <= 100) {
      sum.count += 1;
      sum.utilisation += Math.round((used > 1 ? used / 100 : used) * 1e6);
    }
    if (achieved === null || peak === null || peak <= 0) continue;
    sum.flops += 1;
    sum.achieved += Math.round(achieved);
    sum.peak += Math.round(peak);
  }
  return sum;
}

const isUpdate = (e: SessionEvent): boolean => e.familyRank === 2 && e.name === 'params_update';

/** Restarts of one orchestrator's events before an instant: announced, or counted where that is more. */
export function restartsUntil(events: readonly SessionEvent[], until: number): number {
  const known = events.filter((e) => e.eventAtMs < until);
  let counted = 0;
  let counter = 0;
  for (const { restartCount: count } of known) {
    if (count === null || count < 0) continue;
    counted += count < counter ? count : count - counter;
    counter = count;
  }
  return Math.max(known.filter((e) => e.isRestart).length, counted);
}

/** The rows of one bucket by identity, as the contract says, from the events before its horizon. */
export function naiveBucket(
  events: readonly SessionEvent[],
  runs: readonly CapabilityRunRow[],
  start: number,
  width: number,
): Record<string, unknown> {
  const end = start + width;
  const known = new NaiveSession(
    events.filter((e) => e.eventAtMs < end + 10 * MINUTE),
    runs,
  );
  const inside = (at: number) => at >= start && at < end;
  const flags = known.flags();
  const swaps = known.swaps();
  const latencies = known.latencies();
  const few = known.first('few_processed');
  const keys = known.parts.map((part) => known.key(part));
  const rows: Record<string, unknown> = {};
  for (const key of new Set(keys)) {
    const parts = known.parts.filter((_, index) => keys[index] === key);
    const samples = parts.flatMap((part) => part.events.filter((e) => e.isSample));
    const here = sampleFacts(samples.filter((e) => inside(e.eventAtMs)));
    const own = sampleFacts(samples);
    const before = sampleFacts(samples.filter((e) => e.eventAtMs >= start - width && e.eventAtMs < start));
    const blamed = swaps.filter(({ from }) => from !== null && keys[from] === key);
    const isSwappedHere = blamed.some(({ at }) => inside(at));
    let serviceMs = 0;
    for (const part of parts) {
      const shows = part.events.filter(isShowing).map((e) => e.eventAtMs);
      for (let i = 1; i < shows.length; i += 1) {
        const [a = 0, b = 0] = [shows[i - 1], shows[i]];
        if (b - a <= 2 * MINUTE) serviceMs += Math.max(0, Math.min(b, end) - Math.max(a, start));
      }
    }
    const measured = Object.entries(latencies).filter(([, { at, part }]) => inside(at) && keys[part] === key);
    const isKnown = here.statuses > 0 || isSwappedHere;
    const restarts = parts
      .map((part) => restartsUntil(part.events, end) - restartsUntil(part.events, start))
      .reduce((a, b) => a + b, 0);
    const updates = parts.flatMap((part) => part.events).filter((e) => inside(e.eventAtMs) && isUpdate(e)).length;
    if (!isKnown && serviceMs === 0 && measured.length === 0 && restarts === 0 && updates === 0) continue;
    const isTailLike = (f: typeof here) => f.statuses < 3 && f.running === 0 && f.positive === 0;
    const is = (condition: boolean) => Number(isKnown && flags.isRequested && condition);
    const isEarly = blamed.some(({ event }) => few === null || precedes(event, few));
    const isFailed = isEarly || flags.startup === 'none';
    const hasNoOutput = own.isLoadingOnly || own.isZeroOutput;
    const hasExplicit = blamed.some(({ at, isExplicit }) => isExplicit && at < end);
    const hasInferred = blamed.some(({ at, isExplicit }) => !isExplicit && at < end);
    const hasOutput = own.statuses > 0 && !(own.isLoadingOnly && own.isZeroOutput);
    rows[key] = {
      isTail:
        here.statuses > 0 &&
        !isSwappedHere &&
        flags.startedAt < start &&
        inside(flags.lastSeen) &&
        isTailLike(here) &&
        isTailLike(before),
      lastSeen: flags.lastSeen,
      known: Number(isKnown),
      requested: is(true),
      success: is(!isFailed && flags.startup === 'success'),
      noOrch: is(flags.selection === 'no_orch'),
      excused: is(!isFailed && (flags.startup === 'no_orch' || flags.startup === 'excusable_error')),
      failed: is(isFailed),
      loadingOnly: Number(isKnown && own.isLoadingOnly),
      zeroOutput: Number(isKnown && own.isZeroOutput),
      outputFailed: is(hasNoOutput),
      effectiveFailed: is(isFailed || hasNoOutput),
      explicit: is(hasExplicit),
      inferred: is(hasInferred),
      swapped: is(hasExplicit || hasInferred),
      cold: is(flags.cold === true),
      warm: is(flags.cold === false),
      loadingImage: is(flags.hasLoadingImage),
      statuses: here.statuses,
      errors: here.errors,
      fpsCount: here.fpsCount,
      positive: here.positive,
      fpsSum: here.fpsSum,
      inputs: here.inputs,
      expected: 3 * is(true),
      observed: is(flags.hasStatus) + is(flags.hasFirstOutput) + is(flags.isPlayable),
      legacy: is(flags.hasStatus) + is(hasOutput) + is(flags.isPlayable),
      serviceMs,
      restarts,
      updates,
      tx: naiveFlow(known.events, (e) => inside(e.eventAtMs) && parts.some((part) => part.events.includes(e)), 'tx'),
      rx: naiveFlow(known.events, (e) => inside(e.eventAtMs) && parts.some((part) => part.events.includes(e)), 'rx'),
      gpu: naiveGpu(samples.filter((e) => inside(e.eventAtMs))),
      latencies: Object.fromEntries(measured.map(([name, { ms }]) => [name, ms])),
      startups: measured
        .filter(([name]) => name === 'startup' && flags.cold !== null)
        .map(([, { ms }]) => [flags.cold, ms]),
    };
  }
  return rows;
}

/** Every bucket of a width that holds an event. */
export function naiveBuckets(events: readonly SessionEvent[], runs: readonly CapabilityRunRow[], width: number) {
  const starts = new Set(events.map((e) => Math.floor(e.eventAtMs / width) * width));
  const rows: Record<string, unknown> = {};
  for (const start of [...starts].sort((a, b) => a - b)) {
    for (const [key, row] of Object.entries(naiveBucket(events, runs, start, width))) rows[`${start}|${key}`] = row;
  }
  return rows;
}
