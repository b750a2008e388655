import {
  type FaultOptions,
  noFaults,
  type SimulatedMessage,
  type SimulationOptions,
} from '../src/simulator/options.js';
import { simulate } from '../src/simulator/simulate.js';

/** Start of all simulated traffic: a past day, so that every bucket of it is closed and every score final. */
export const TRAFFIC_START_MS = Date.UTC(2026, 0, 8);

/** The faults of the week that docs/operations.md describes. */
export const WEEK_FAULTS: FaultOptions = {
  duplicateRatio: 0.05,
  shuffleWindowMs: 30_000,
  lateRatio: 0.02,
  dropRatio: 0.02,
  garbageRatio: 0.002,
};

export const ORG_OF_TOPIC = { network_events: 'daydream', streaming_events: 'cloudspe' } as const;

/** Options of the network at its real size of orchestrators and gateways, without faults. */
export function networkOptions(
  changes: Partial<SimulationOptions> & Pick<SimulationOptions, 'sessions' | 'hours'>,
): SimulationOptions {
  return {
    seed: 1,
    startMs: TRAFFIC_START_MS,
    orchestrators: 150,
    gateways: 6,
    faults: noFaults,
    noise: false,
    ...changes,
  };
}

/** The first `count` messages of enough traffic; the noise of 84 % is part of the count. */
export function takeMessages(count: number, { noise }: { noise: boolean }): SimulatedMessage[] {
  // 25 accepted messages a session at least, one day in full: twice the sessions needed, cut off.
  const sessions = Math.max(100, Math.ceil((count * 2) / 25));
  const messages: SimulatedMessage[] = [];
  for (const message of simulate(networkOptions({ sessions, hours: sessions / 1_250, noise }))) {
    messages.push(message);
    if (messages.length === count) break;
  }
  return messages;
}
