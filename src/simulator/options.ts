/** Organisation that owns a topic; the simulator's own statement of the deployed mapping. */
export type SimulatedOrg = 'daydream' | 'cloudspe';
export type SimulatedTopic = 'network_events' | 'streaming_events';

/** How the transport misbehaves. Ratios are of the accepted-family messages; noise is never touched. */
export interface FaultOptions {
  /** Share of messages published twice with the same id and bytes: half in the same batch, half up to 10 minutes later. */
  duplicateRatio: number;
  /** Publish order jitter: each message is delayed by 0 to this many ms. */
  shuffleWindowMs: number;
  /** Share of messages published 2 minutes to 4 hours after they happened. */
  lateRatio: number;
  /** Share of messages that are never published. */
  dropRatio: number;
  /** Garbage messages added per message; each must be rejected. */
  garbageRatio: number;
}

export interface SimulationOptions {
  seed: number;
  sessions: number;
  hours: number;
  startMs: number;
  orchestrators: number;
  gateways: number;
  faults: FaultOptions;
  /** Adds the ignored families at their real ratio: 84 % of all messages. */
  noise: boolean;
  /** Gateways, the last ones, whose sessions speak the spec dialect v1; none when absent. */
  v1Gateways?: number;
  /** Average accepted events of a session; natural (about 25) when absent. */
  sessionEvents?: number;
  /** Sessions and jobs that begin earlier are left out; the others are the same as without it. */
  fromMs?: number;
  /** Seed of another simulation whose network carries this traffic and reports its capabilities; its own when absent. */
  networkSeed?: number;
  /** When set, each session lasts exactly this long, except those that never find an orchestrator. */
  longSessionHours?: number;
}

export interface SimulatedMessage {
  topic: SimulatedTopic;
  /** When the broker takes it. */
  atMs: number;
  /** The exact message bytes, without a line end. */
  value: Buffer;
}

export const noFaults: FaultOptions = {
  duplicateRatio: 0,
  shuffleWindowMs: 0,
  lateRatio: 0,
  dropRatio: 0,
  garbageRatio: 0,
};

export const defaultOrchestrators = 12;
export const defaultGateways = 3;

/** Refuses options that no simulation can honour; says what was seen and what was wanted. */
export function checkOptions(options: SimulationOptions): void {
  const { seed, sessions, hours, startMs, orchestrators, gateways, faults } = options;
  const whole = (name: string, value: number, least: number): void => {
    if (!Number.isSafeInteger(value) || value < least)
      throw new RangeError(`${name} is ${value}, wanted a whole number >= ${least}`);
  };
  whole('seed', seed, 0);
  whole('sessions', sessions, 0);
  whole('startMs', startMs, 0);
  whole('orchestrators', orchestrators, 1);
  whole('gateways', gateways, 1);
  whole('v1Gateways', options.v1Gateways ?? 0, 0);
  if ((options.v1Gateways ?? 0) > gateways)
    throw new RangeError(`v1Gateways is ${options.v1Gateways}, wanted at most the ${gateways} gateways`);
  if (!(hours > 0) || !Number.isFinite(hours)) throw new RangeError(`hours is ${hours}, wanted more than 0`);
  for (const name of ['duplicateRatio', 'lateRatio', 'dropRatio', 'garbageRatio'] as const) {
    const ratio = faults[name];
    if (!(ratio >= 0 && ratio <= 1)) throw new RangeError(`faults.${name} is ${ratio}, wanted 0 to 1`);
  }
  if (!(faults.shuffleWindowMs >= 0))
    throw new RangeError(`faults.shuffleWindowMs is ${faults.shuffleWindowMs}, wanted 0 or more`);
}
