import { arrivalMs, firstArrival } from './arrivals.js';
import { reportEmissions, reportMs } from './capability-reports.js';
import type { Emission } from './emission.js';
import { jobCount, jobMs } from './job-plan.js';
import { jobEmissions } from './job-traffic.js';
import { createNetwork } from './network.js';
import { noiseMessage, noisePerMessage } from './noise.js';
import { checkOptions, type SimulatedMessage, type SimulationOptions } from './options.js';
import { TimeQueue } from './queue.js';
import { createRandom, type Random } from './random.js';
import { planSession } from './session-plan.js';
import { sessionEmissions } from './session-traffic.js';
import { drawFate, faultPurpose, garbageMessage } from './transport.js';

/** One session, job or report that is under way. */
interface Source {
  emissions: Generator<Emission>;
  next: Emission;
  faultRandom: Random;
  noiseRandom: Random;
  garbageRandom: Random;
  isSession: boolean;
}

/** A row of sources that open one after another. */
interface Arrivals {
  purpose: string;
  subIndex: number;
  isSession: boolean;
  count: number;
  nextIndex: number;
  startOf: (index: number) => number;
  open: (index: number) => Generator<Emission>;
}

type Step =
  | { kind: 'arrival'; arrivals: Arrivals }
  | { kind: 'source'; source: Source }
  | { kind: 'message'; message: SimulatedMessage };

/**
 * The messages of a simulated network in the order of publication: the same bytes for the same options.
 *
 * Memory is what is under way: open sessions and messages that are late. Ends when the last session has ended.
 */
export function simulate(options: SimulationOptions): Generator<SimulatedMessage> {
  checkOptions(options);
  return run(options, false);
}

/** The same without an end: the arrivals of the window repeat, with new content, for ever. */
export function simulateForever(options: SimulationOptions): Generator<SimulatedMessage> {
  checkOptions(options);
  return run(options, true);
}

/** One line of an NDJSON file; a tombstone is an empty line. */
export function toNdjson(message: SimulatedMessage): Buffer {
  return Buffer.concat([message.value, Buffer.from('\n')]);
}

function listArrivals(options: SimulationOptions, endless: boolean): Arrivals[] {
  const network = createNetwork(options);
  const count = (n: number): number => (endless && n > 0 ? Number.POSITIVE_INFINITY : n);
  const reporters = options.networkSeed === undefined ? network.gateways : [];
  const reports = reporters.map(
    (gateway): Arrivals => ({
      purpose: 'report',
      subIndex: gateway.index,
      isSession: false,
      count: Number.POSITIVE_INFINITY,
      nextIndex: 0,
      startOf: (index) => reportMs(options, gateway, index),
      open: (index) => reportEmissions(options, network, gateway, index),
    }),
  );
  return [
    ...reports,
    {
      purpose: 'session',
      subIndex: 0,
      isSession: true,
      count: count(options.sessions),
      nextIndex: firstArrival(options, 'session', options.sessions),
      startOf: (index) => arrivalMs(options, 'session', options.sessions, index),
      open: (index) => sessionEmissions(options, planSession(options, network, index)),
    },
    {
      purpose: 'job',
      subIndex: 0,
      isSession: false,
      count: count(jobCount(options)),
      nextIndex: firstArrival(options, 'job', jobCount(options)),
      startOf: (index) => jobMs(options, index),
      open: (index) => jobEmissions(options, network, index),
    },
  ];
}

function* run(options: SimulationOptions, endless: boolean): Generator<SimulatedMessage> {
  const endMs = endless ? Number.POSITIVE_INFINITY : options.startMs + options.hours * 3_600_000;
  const queue = new TimeQueue<Step>();
  let openSessions = 0;

  const schedule = (arrivals: Arrivals): void => {
    if (arrivals.nextIndex < arrivals.count)
      queue.put(arrivals.startOf(arrivals.nextIndex), { kind: 'arrival', arrivals });
  };
  const open = (arrivals: Arrivals): void => {
    const index = arrivals.nextIndex++;
    const emissions = arrivals.open(index);
    const first = emissions.next();
    if (first.done === true) return;
    const random = (purpose: string): Random => createRandom(options.seed, purpose, index, arrivals.subIndex);
    const source: Source = {
      emissions,
      next: first.value,
      faultRandom: random(faultPurpose(arrivals.purpose)),
      noiseRandom: random(`noise of ${arrivals.purpose}`),
      garbageRandom: random(`garbage of ${arrivals.purpose}`),
      isSession: arrivals.isSession,
    };
    if (source.isSession) openSessions += 1;
    queue.put(source.next.atMs, { kind: 'source', source });
  };
  const publish = (source: Source): void => {
    const { topic, atMs, json } = source.next;
    const { faultRandom, noiseRandom } = source;
    const put = (publishMs: number, value: Buffer): void =>
      queue.put(publishMs, { kind: 'message', message: { topic, atMs: publishMs, value } });
    const fate = drawFate(faultRandom, options.faults);
    if (!fate.isDropped) {
      const value = Buffer.from(json);
      put(atMs + fate.delayMs, value);
      if (fate.copyAfterMs !== null) put(atMs + fate.delayMs + fate.copyAfterMs, value);
    }
    if (fate.hasGarbage) put(atMs + fate.delayMs, garbageMessage(source.garbageRandom, atMs));
    if (!options.noise) return;
    const copies = Math.floor(noisePerMessage + noiseRandom.unit());
    for (let copy = 0; copy < copies; copy++) {
      const noiseMs = atMs + noiseRandom.integer(0, 5_000);
      put(noiseMs + 150, Buffer.from(noiseMessage(noiseRandom, noiseMs)));
    }
  };

  for (const arrivals of listArrivals(options, endless)) schedule(arrivals);
  for (let atMs = queue.nextMs, step = queue.take(); step !== undefined; atMs = queue.nextMs, step = queue.take()) {
    if (step.kind === 'message') {
      yield step.message;
    } else if (step.kind === 'arrival') {
      if (!step.arrivals.isSession && atMs >= endMs && openSessions === 0) continue;
      open(step.arrivals);
      schedule(step.arrivals);
    } else {
      const { source } = step;
      publish(source);
      const next = source.emissions.next();
      if (next.done === true) {
        if (source.isSession) openSessions -= 1;
      } else {
        source.next = next.value;
        queue.put(source.next.atMs, step);
      }
    }
  }
}
