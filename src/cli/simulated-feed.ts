import { DAY_MS, MINUTE_MS } from '../domain/time.js';
import type { FaultOptions, SimulationOptions } from '../simulator/options.js';
import {
  openSimulatedStream,
  SIMULATED_CLUSTER,
  type SimulatedStream,
  type StreamContext,
} from './simulated-stream.js';

export interface SimulatedFeedOptions extends StreamContext {
  readonly seed: number;
  /** Days of history before the very first start; later starts go on where the last one ended. */
  readonly historyDays: number;
}

/** One session in two minutes: nine days of it are ingested and scored while somebody waits. */
const STEADY_SESSIONS_PER_DAY = 720;
/** One session in ten seconds: a handful is live at any time. */
const LIVE_SESSIONS_PER_DAY = 8_640;
/** The live traffic begins this long before the start, so that sessions are under way when the first query comes. */
const LIVE_LEAD_MS = 3 * MINUTE_MS;
/** After a longer pause the live traffic begins anew: nobody waits for a night of it. */
const LONGEST_LIVE_GAP_MS = 15 * MINUTE_MS;
/** Part of a stream's name: another one whenever the same seed brings other messages. */
const TRAFFIC = 'traffic-2';
/** Two of the five gateways speak the spec dialect, and messages go astray as they do: no duplicates, which show nothing. */
const FAULTS: FaultOptions = {
  duplicateRatio: 0,
  shuffleWindowMs: 2_000,
  lateRatio: 0.002,
  dropRatio: 0.002,
  garbageRatio: 0,
};
/** Apart from any seed that a person would type. */
const LIVE_SEED_DISTANCE = 2 ** 32;

const READ_NEWEST = {
  name: 'simulated-feed/newest',
  text: `select split_part(topic, '/from-', 2) as begin_at, updated_at
from raw.source
where cluster_id = '${SIMULATED_CLUSTER}' and topic like '%/' || $1 || '/from-%'
order by split_part(topic, '/from-', 2) desc, updated_at desc nulls last
limit 1`,
};

/**
 * A simulated network whose messages enter by the same path as Kafka's: steady, light traffic since the first start less
 * `historyDays`, without a gap whenever the process runs, and dense traffic on top while it runs.
 */
export async function openSimulatedFeed(options: SimulatedFeedOptions): Promise<SimulatedStream> {
  const failed = new AbortController();
  const context = { ...options, signal: AbortSignal.any([options.signal, failed.signal]) };
  const startMs = await beginOfSteady(options);
  const steady = await openSimulatedStream(context, {
    name: `${steadyName(options)}/from-${new Date(startMs).toISOString()}`,
    simulation: simulation(options.seed, startMs, STEADY_SESSIONS_PER_DAY),
  });
  const fromMs = await beginOfLive(options);
  const live = await openSimulatedStream(context, {
    name: `${liveName(options)}/from-${new Date(fromMs).toISOString()}`,
    simulation: {
      ...simulation(options.seed + LIVE_SEED_DISTANCE, startMs, LIVE_SESSIONS_PER_DAY),
      networkSeed: options.seed,
      fromMs,
    },
  });
  return {
    catchUp: async () => (await steady.catchUp()) + (await live.catchUp()),
    async follow() {
      const followed = [steady, live].map((stream) =>
        stream.follow().catch((error: unknown) => {
          failed.abort();
          throw error;
        }),
      );
      await Promise.all(followed);
    },
  };
}

function simulation(seed: number, startMs: number, sessions: number): SimulationOptions {
  const network = { orchestrators: 8, gateways: 5, v1Gateways: 2 };
  return { seed, sessions, hours: 24, startMs, ...network, faults: FAULTS, noise: false };
}

function steadyName({ seed }: { readonly seed: number }): string {
  return `steady-${seed}.${TRAFFIC}`;
}

function liveName({ seed }: { readonly seed: number }): string {
  return `live-${seed}.${TRAFFIC}`;
}

/** When the network began: said by the name of its sources, so the database alone knows it. */
async function beginOfSteady({ pool, seed, historyDays, now }: SimulatedFeedOptions): Promise<number> {
  const known = await newest(pool, steadyName({ seed }));
  if (known !== null) return known.beginMs;
  const today = Math.floor(now() / DAY_MS) * DAY_MS;
  return today - historyDays * DAY_MS;
}

/** When the dense traffic began or begins: the stretch that has just been interrupted, else a new one. */
async function beginOfLive({ pool, seed, now }: SimulatedFeedOptions): Promise<number> {
  const known = await newest(pool, liveName({ seed }));
  if (known !== null && now() - known.updatedMs <= LONGEST_LIVE_GAP_MS) return known.beginMs;
  return Math.floor((now() - LIVE_LEAD_MS) / MINUTE_MS) * MINUTE_MS;
}

async function newest(
  pool: StreamContext['pool'],
  stream: string,
): Promise<{ readonly beginMs: number; readonly updatedMs: number } | null> {
  const { rows } = await pool.query<{ begin_at: string; updated_at: Date | null }>({
    ...READ_NEWEST,
    values: [stream],
  });
  const beginMs = Date.parse(rows[0]?.begin_at ?? '');
  return Number.isNaN(beginMs) ? null : { beginMs, updatedMs: rows[0]?.updated_at?.getTime() ?? beginMs };
}
