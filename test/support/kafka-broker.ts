import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { freePort } from './free-port.js';
import { kafkaJars } from './kafka-jars.js';
import { waitFor } from './wait-for.js';

const run = promisify(execFile);

export interface KafkaBroker {
  readonly brokers: readonly string[];
  /** Starts again on the same port and data. */
  start(): Promise<void>;
  /** Ends it in good order. */
  stop(): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

/** A real Apache Kafka of one node, started and ready. Settings are lines of `server.properties`. */
export async function createKafkaBroker(settings: Readonly<Record<string, string>> = {}): Promise<KafkaBroker> {
  const jars = await kafkaJars();
  const dir = await mkdtemp(join(tmpdir(), 'naap-kafka-'));
  const [port, controllerPort] = [await freePort(), await freePort()];
  const properties = join(dir, 'server.properties');
  await writeFile(properties, renderProperties({ ...defaults(dir, port, controllerPort), ...settings }));
  const { stdout: clusterId } = await run('java', ['-cp', `${jars}/*`, 'kafka.tools.StorageTool', 'random-uuid']);
  await run('java', [
    ...['-cp', `${jars}/*`, 'kafka.tools.StorageTool', 'format'],
    ...['-t', clusterId.trim(), '-c', properties],
  ]);

  const address = `127.0.0.1:${port}`;
  let java: ChildProcess | null = null;

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (java === null || hasEnded(java)) return;
    const ended = once(java, 'exit');
    java.kill(signal);
    await ended;
  }
  async function start(): Promise<void> {
    const logFile = join(dir, 'broker.log');
    const launched = spawn('java', ['-Xmx384m', '-XX:+UseSerialGC', '-cp', `${jars}/*`, 'kafka.Kafka', properties], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    java = launched;
    const log = createWriteStream(logFile, { flags: 'a' });
    launched.stdout.pipe(log);
    launched.stderr.pipe(log);
    try {
      await waitFor(() => hasEnded(launched) || answers(address), { what: 'the broker to answer' });
    } catch (cause) {
      await end('SIGKILL');
      throw new Error('Kafka does not answer', { cause });
    }
    if (hasEnded(launched)) throw new Error(`Kafka ended: ${(await readFile(logFile, 'utf8')).slice(-2_000)}`);
  }

  const broker: KafkaBroker = {
    brokers: [address],
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async remove() {
      await end('SIGKILL');
      await rm(dir, { recursive: true, force: true });
    },
  };
  try {
    await start();
  } catch (error) {
    await broker.remove();
    throw error;
  }
  return broker;
}

function defaults(dir: string, port: number, controllerPort: number): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(dir, 'data'),
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'group.initial.rebalance.delay.ms': '0',
    'auto.create.topics.enable': 'false',
    // Old segments go quickly, so that a test can wait for an offset to expire.
    'log.retention.check.interval.ms': '500',
    'log.segment.delete.delay.ms': '0',
  };
}

function renderProperties(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

async function answers(address: string): Promise<boolean> {
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length === 1;
  } finally {
    await admin.disconnect();
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}
