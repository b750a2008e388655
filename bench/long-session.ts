import { HOUR_MS } from '../src/domain/time.js';
import { createResolver } from '../src/jobs/resolver.js';
import { createLog } from '../src/log.js';
import type { SimulatedMessage } from '../src/simulator/options.js';
import { simulate } from '../src/simulator/simulate.js';
import { createPool } from '../src/warehouse/pool.js';
import { runBenchmark } from './benchmark.js';
import { withClient } from './copy-limit.js';
import { createLoader } from './load.js';
import { type Measurement, progress, quantile } from './report.js';
import { networkOptions, TRAFFIC_START_MS } from './traffic.js';

const AGES_HOURS = [1, 10, 24] as const;
/** Streams begin within this share of an hour, and go on for a while after the last measurement. */
const ARRIVAL_HOURS = 0.01;
const REST_HOURS = 0.2;
const WARM_UP = 10;
const PROBED_FAMILIES = ['ai_stream_status', 'stream_ingest_metrics'];
const AIM = 'does not grow with age';

await runBenchmark({
  name: 'long-session',
  about: `Milliseconds that the tail resolver needs for one more event of a stream, from its committed mark to its committed
rows, at 1, 10 and 24 hours of the stream's age: for one event alone (the median), and per event when every stream has
one more at once. Limit and ratio are those of the same row at 1 hour.`,
  flags: {
    streams: { default: 50, about: 'streams that run side by side' },
    events: { default: 50, about: 'events measured one by one at each age' },
    rounds: { default: 10, about: 'rounds measured with one event of every stream' },
    alternating: {
      default: 0,
      least: 0,
      about: '1: messages show only the URL, or only the address, of an orchestrator in turn',
    },
  },
  async run({ sizes, createDatabase, onEnd }) {
    const database = await createDatabase();
    const log = createLog({ level: 'silent', format: 'json' });
    const pool = createPool({ url: database.url('worker'), name: 'naap bench resolver', max: 2, log });
    onEnd(() => pool.end());
    const loader = createLoader(database.url('ingest'));
    onEnd(loader.close);
    const resolver = await createResolver({ pool, publicIdKey: 'key of the benchmarks', log });
    const drainMs = async (): Promise<number> => {
      const startedAt = performance.now();
      await resolver.drain({ decidedAt: new Date() });
      return performance.now() - startedAt;
    };
    const hours = Math.max(...AGES_HOURS) + REST_HOURS;
    const messages = simulate(
      networkOptions({ sessions: sizes.streams, hours: ARRIVAL_HOURS, longSessionHours: hours }),
    );
    const tape = createTape(sizes.alternating === 0 ? messages : showingInTurn(messages));
    const alone: number[] = [];
    const together: number[] = [];
    for (const age of AGES_HOURS) {
      const count = await loader.load(tape.until(TRAFFIC_START_MS + age * HOUR_MS));
      progress(`${count.toLocaleString('en-US')} events loaded up to ${age} h, resolving`);
      await drainMs();
      await withClient(database.url(), (client) => client.query('vacuum (analyze)'));
      for (let probe = 0; probe < WARM_UP; probe += 1) {
        await loader.load(tape.nextOfEach(1));
        await drainMs();
      }
      const single: number[] = [];
      for (let probe = 0; probe < sizes.events; probe += 1) {
        await loader.load(tape.nextOfEach(1));
        single.push(await drainMs());
      }
      alone.push(quantile(single, 0.5));
      const perEvent: number[] = [];
      for (let round = 0; round < sizes.rounds; round += 1) {
        const events = tape.nextOfEach(sizes.streams);
        await loader.load(events);
        perEvent.push((await drainMs()) / events.length);
      }
      together.push(quantile(perEvent, 0.5));
      progress(`${age} h: ${alone.at(-1)?.toFixed(1)} ms alone, ${together.at(-1)?.toFixed(2)} ms together`);
    }
    return [...rows('one event', alone), ...rows(`${sizes.streams} streams at once, per event`, together)];
  },
});

function rows(label: string, millis: readonly number[]): readonly Measurement[] {
  const atFirst = millis[0] ?? 0;
  return millis.map((value, index) => ({
    label: `${label}, stream of ${AGES_HOURS[index]} h`,
    value,
    unit: 'ms',
    limit: atFirst,
    ratio: atFirst / value,
    aim: AIM,
  }));
}

interface Tape {
  /** The messages published before the instant. */
  until(instantMs: number): Generator<SimulatedMessage>;
  /** The next messages of `count` different streams, one each; what lies between is dropped. */
  nextOfEach(count: number): readonly SimulatedMessage[];
}

function createTape(messages: Generator<SimulatedMessage>): Tape {
  let ahead: SimulatedMessage | null = null;
  return {
    *until(instantMs) {
      if (ahead !== null) yield ahead;
      ahead = null;
      for (let next = messages.next(); next.done !== true; next = messages.next()) {
        if (next.value.atMs >= instantMs) {
          ahead = next.value;
          return;
        }
        yield next.value;
      }
    },
    nextOfEach(count) {
      const byStream = new Map<string, SimulatedMessage>();
      while (byStream.size < count) {
        const next = messages.next();
        if (next.done === true) break;
        const stream = streamOf(next.value);
        if (stream !== null && !byStream.has(stream)) byStream.set(stream, next.value);
        // Streams that found no orchestrator are over: do not wait for them.
        if (byStream.size > 0 && next.value.atMs > (byStream.values().next().value?.atMs ?? 0) + 30_000) break;
      }
      if (byStream.size === 0) throw new Error('the streams ended before the measurement did');
      return [...byStream.values()];
    },
  };
}

/** The messages with half of each orchestrator's identity, now its URL and now its address. */
function* showingInTurn(messages: Generator<SimulatedMessage>): Generator<SimulatedMessage> {
  let showsUrl = false;
  for (const message of messages) {
    const text = message.value.toString('utf8').replace(/"orchestrator_info":\{[^}]*\}/, (info) => {
      showsUrl = !showsUrl;
      const { address, url } = JSON.parse(`{${info}}`).orchestrator_info;
      return `"orchestrator_info":${JSON.stringify(showsUrl ? { url } : { address })}`;
    });
    yield { ...message, value: Buffer.from(text) };
  }
}

function streamOf({ value }: SimulatedMessage): string | null {
  const message: unknown = JSON.parse(value.toString('utf8'));
  if (typeof message !== 'object' || message === null) return null;
  const { type, data } = message as { type?: unknown; data?: { stream_id?: unknown } };
  return PROBED_FAMILIES.includes(String(type)) && typeof data?.stream_id === 'string' ? data.stream_id : null;
}
