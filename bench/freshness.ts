import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { publicSessionId } from '../src/domain/session-row.js';
import { simulateLive } from '../src/simulator/live.js';
import type { SimulatedMessage } from '../src/simulator/options.js';
import { freePort } from '../test/support/free-port.js';
import { type BenchmarkRun, runBenchmark } from './benchmark.js';
import { withClient } from './copy-limit.js';
import { type BenchBroker, openBenchBroker } from './kafka.js';
import { type NaapProcess, startNaap } from './naap-process.js';
import { type Measurement, progress, quantile } from './report.js';
import { networkOptions } from './traffic.js';

const RATES = [100, 1_000] as const;
const AIM = 'p95 ≤ 2,000 ms';
const ORG = 'daydream';
const PARTITIONS = 4;
/** Accepted events of an average simulated session. */
const EVENTS_PER_SESSION = 25;
/** Sessions begin this long before the measurement, so that most of those that the rate has in the long run are under way. */
const LEAD_MS = 300_000;
const WARM_UP_MS = 15_000;
const POLL_MS = 15;
const LONGEST_SLEEP_MS = 50;
const LONGEST_WAIT_MS = 60_000;
const READY_WITHIN_MS = 60_000;

interface Probe {
  readonly label: string;
  /** Messages to publish, and the query whose answer shows them. */
  make(): { readonly messages: readonly object[]; readonly query: string; isVisible(data: GraphqlData): boolean };
}
type GraphqlData = Readonly<Record<string, unknown>>;

async function measureRate(
  run: BenchmarkRun<'seconds'>,
  broker: BenchBroker,
  rate: number,
): Promise<readonly Measurement[]> {
  const database = await run.createDatabase();
  const topic = await broker.createTopic(PARTITIONS);
  await withClient(database.url(), async (client) => {
    await client.query('delete from config.topic');
    await client.query('insert into config.topic (topic, org) values ($1, $2)', [topic, ORG]);
  });
  const port = await freePort();
  const environment = { ...database.environment, KAFKA_BROKERS: broker.brokers.join(','), KAFKA_GROUP_ID: topic };
  const processes = [
    startNaap(['ingest'], { ...environment, HTTP_PORT: '0' }),
    startNaap(['work'], { ...environment, HTTP_PORT: '0' }),
    startNaap(['serve'], { ...environment, HTTP_PORT: String(port) }),
  ];
  const stopAll = (): Promise<unknown> => Promise.all(processes.map((one) => one.stop()));
  run.onEnd(stopAll);
  const endpoint = `http://127.0.0.1:${port}`;
  await untilReady(`${endpoint}/readyz`, processes);

  const stopping = new AbortController();
  const traffic = publishTraffic(broker, topic, rate, stopping.signal);
  await traffic.caughtUp;
  await delay(WARM_UP_MS);
  const publishedBefore = traffic.published();
  const startedAt = performance.now();
  const samples = await Promise.all(
    PROBES.map((probe) => measureProbe(broker, topic, `${endpoint}/graphql`, probe, run.sizes.seconds * 1000)),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const reached = (traffic.published() - publishedBefore) / seconds;
  stopping.abort();
  await traffic.ended;
  await stopAll();
  await database.drop();
  progress(`${rate} events/s wanted, ${reached.toFixed(0)} published`);
  return PROBES.flatMap(({ label }, index) =>
    [0.5, 0.95].map((q) => ({
      label: `${label}, ${Math.round(reached)} events/s, p${q * 100}`,
      value: quantile(samples[index] ?? [], q),
      unit: 'ms',
      limit: null,
      ratio: null,
      aim: q === 0.95 ? AIM : '',
    })),
  );
}

/** A session that begins, one more sample of a running one, and the newest bucket of demand. */
const PROBES: readonly Probe[] = [
  {
    label: 'new session',
    make() {
      const streamId = `bench-${randomUUID()}`;
      const id = publicSessionId({ org: ORG, sessionKey: `${streamId}|r` });
      return {
        messages: [traceOf(streamId)],
        query: `{ session(sessionId: "${id}") { id } }`,
        isVisible: ({ session }) => session !== null,
      };
    },
  },
  {
    label: 'one more sample',
    make() {
      const at = Date.now();
      const id = publicSessionId({ org: ORG, sessionKey: `${LASTING_STREAM}|r` });
      return {
        messages: [statusOf(LASTING_STREAM, 'streamdiffusion', at)],
        query: `{ session(sessionId: "${id}") { lastSeenAt } }`,
        isVisible: ({ session }) => Date.parse(textAt(session, 'lastSeenAt')) >= at,
      };
    },
  },
  {
    label: 'newest bucket of demand',
    make() {
      const streamId = `bench-${randomUUID()}`;
      const [from, to] = [-600_000, 600_000].map((ms) => new Date(Date.now() + ms).toISOString());
      return {
        messages: [traceOf(streamId), statusOf(streamId, streamId, Date.now())],
        query: `{ networkDemand(range: { start: "${from}", end: "${to}" }, where: { models: ["${streamId}"] }) { totalCount } }`,
        isVisible: ({ networkDemand }) => textAt(networkDemand, 'totalCount') === '1',
      };
    },
  },
];
const LASTING_STREAM = `bench-${randomUUID()}`;

function traceOf(streamId: string): object {
  const data = { type: 'gateway_receive_stream_request', stream_id: streamId, request_id: 'r', timestamp: Date.now() };
  return { id: randomUUID(), type: 'stream_trace', timestamp: String(Date.now()), gateway: 'bench', data };
}

function statusOf(streamId: string, model: string, at: number): object {
  const data = {
    type: 'status',
    timestamp: at,
    stream_id: streamId,
    request_id: 'r',
    pipeline: model,
    pipeline_id: '',
    state: 'ONLINE',
    start_time: at - 5_000,
    inference_status: { fps: 20, last_error: null, restart_count: 0 },
    input_status: { fps: 24 },
  };
  return { id: randomUUID(), type: 'ai_stream_status', timestamp: String(at), gateway: 'bench', data };
}

/** Milliseconds from publishing to the first answer that shows it, one probe after another. */
async function measureProbe(
  { producer }: BenchBroker,
  topic: string,
  url: string,
  probe: Probe,
  durationMs: number,
): Promise<number[]> {
  const samples: number[] = [];
  const endAt = performance.now() + durationMs;
  while (performance.now() < endAt) {
    const { messages, query, isVisible } = probe.make();
    const publishedAt = performance.now();
    await producer.send({ topic, messages: messages.map((message) => ({ value: JSON.stringify(message) })) });
    for (;;) {
      if (isVisible(await ask(url, query))) break;
      if (performance.now() - publishedAt > LONGEST_WAIT_MS) throw new Error(`${probe.label}: not visible in a minute`);
      await delay(POLL_MS);
    }
    samples.push(performance.now() - publishedAt);
    // Not in step with anything that ticks.
    await delay(50 + Math.random() * 400);
  }
  return samples;
}

async function ask(url: string, query: string): Promise<GraphqlData> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data?: GraphqlData | null; errors?: unknown };
  if (errors !== undefined || !data) throw new Error(`GraphQL answered ${JSON.stringify(errors)}`);
  return data;
}

function textAt(parent: unknown, key: string): string {
  if (typeof parent !== 'object' || parent === null) return '';
  return String(new Map(Object.entries(parent)).get(key) ?? '');
}

/** Publishes simulated traffic at wall-clock pace until the signal is aborted. */
function publishTraffic(
  broker: BenchBroker,
  topic: string,
  rate: number,
  signal: AbortSignal,
): { readonly caughtUp: Promise<void>; readonly ended: Promise<void>; published(): number } {
  const startMs = Date.now();
  let count = 0;
  const options = networkOptions({ sessions: Math.round((rate * 3600) / EVENTS_PER_SESSION), hours: 1 });
  let rest: () => void = () => undefined;
  const caughtUp = new Promise<void>((resolve) => {
    rest = resolve;
  });
  const sleep = (ms: number): Promise<void> => {
    rest();
    return delay(Math.min(ms, LONGEST_SLEEP_MS));
  };
  const publish = async (): Promise<void> => {
    const clock = { nowMs: Date.now, sleep };
    for await (const batch of simulateLive({ ...options, startMs: startMs - LEAD_MS, signal }, clock)) {
      const fresh: readonly SimulatedMessage[] = batch.filter(({ atMs }) => atMs >= startMs);
      await broker.publish(topic, fresh);
      count += fresh.length;
    }
  };
  return { caughtUp, ended: publish(), published: () => count };
}

async function untilReady(url: string, processes: readonly NaapProcess[]): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline) {
    const ended = processes.find((one) => one.process.exitCode !== null);
    if (ended !== undefined) throw new Error(`a process ended early:\n${ended.lastWords()}`);
    const isReady = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await delay(100);
  }
  throw new Error(`${url} is not ready:\n${processes.map((one) => one.lastWords()).join('\n')}`);
}

await runBenchmark({
  name: 'freshness',
  about: `Milliseconds from publishing an event to Kafka until a GraphQL answer shows it, with \`naap ingest\`, \`naap work\` and
\`naap serve\` as processes of their own beside simulated traffic of 100 and of 1,000 events per second.`,
  flags: { seconds: { default: 60, about: 'how long each rate is measured' } },
  async run(run) {
    const broker = await openBenchBroker();
    run.onEnd(broker.close);
    const measurements: Measurement[] = [];
    for (const rate of RATES) measurements.push(...(await measureRate(run, broker, rate)));
    return measurements;
  },
});
