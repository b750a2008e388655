import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool, PoolClient } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DataFolder, openDataFolder } from '../../src/cli/data-folder.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/cli/embedded-postgres.js';
import { roleUrls } from '../../src/cli/role-connections.js';
import { createPool } from '../../src/warehouse/pool.js';
import { freePort } from '../support/free-port.js';
import { createKafkaTestClient, describeWithKafka, type KafkaTestClient, uniqueName } from '../support/kafka.js';
import { createDatabase, migrateDatabase, ROLE_PASSWORDS } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';
import {
  createIngestHarness,
  type IngestHarness,
  isBalanced,
  log,
  noiseMessage,
  type PartitionTotals,
  statusMessage,
} from './ingest-harness.js';

const DATABASE = 'naap_restarted';

/** A server of the test's own, killed like by a power cut of the database alone and started on the same port. */
async function createMortalServer() {
  const dir = await mkdtemp(join(tmpdir(), 'naap-mortal-postgres-'));
  await chmod(dir, 0o755);
  const folder: DataFolder = await openDataFolder(dir);
  // synchronous_commit stays on: what was answered as committed must survive
  const start = (preferredPort: number): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({ folder, log, preferredPort, settings: { fsync: 'off', shared_buffers: '32MB' } });
  let server = await start(await freePort());
  const { port } = new URL(server.adminUrl);
  return {
    adminUrl: server.adminUrl,
    /** As `pg_ctl stop -m immediate`: no checkpoint, open transactions are lost. */
    async kill() {
      const pid = Number((await readFile(join(dir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
      process.kill(pid, 'SIGQUIT');
      await waitFor(() => !isRunning(pid), { what: 'the server to be dead' });
    },
    async start() {
      server = await start(Number(port));
      if (new URL(server.adminUrl).port !== port) throw new Error(`port ${port} was taken meanwhile`);
    },
    async remove() {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Makes the answer of every third commit get lost after the server has committed. */
function losingCommitAnswers(pool: Pool): { readonly lostCount: () => number } {
  let commits = 0;
  let lostCount = 0;
  pool.on('connect', (client: PoolClient) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const wrapped = (...args: unknown[]): unknown => {
      const result = query(...args);
      commits += args[0] === 'commit' ? 1 : 0;
      if (args[0] !== 'commit' || commits % 3 !== 0 || !(result instanceof Promise)) {
        return result;
      }
      return result.then(() => {
        lostCount += 1;
        throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
      });
    };
    Object.assign(client, { query: wrapped });
  });
  return { lostCount: () => lostCount };
}

const sumOf = (totals: readonly PartitionTotals[], verdict: 'accepted' | 'ignored' | 'rejected' | 'duplicate') =>
  totals.reduce((sum, each) => sum + each[verdict], 0);

describeWithKafka('ingest and a database that dies', () => {
  let server: Awaited<ReturnType<typeof createMortalServer>>;
  let harness: IngestHarness;
  let kafka: KafkaTestClient;

  beforeAll(async () => {
    kafka = await createKafkaTestClient();
    server = await createMortalServer();
    const adminUrl = await createDatabase(server.adminUrl, DATABASE);
    await migrateDatabase(adminUrl);
    const byRole = roleUrls(adminUrl, ROLE_PASSWORDS);
    harness = await createIngestHarness({
      name: DATABASE,
      url: (role) => (role === undefined ? adminUrl : byRole[role]),
      drop: async () => undefined,
    });
  });
  afterAll(async () => {
    await kafka.close();
    await harness.close();
    await server.remove();
  });

  const factsOf = async (topic: string): Promise<unknown> =>
    (
      await harness.admin.query(
        `select count(*)::int as facts, count(distinct event_id)::int as ids,
          (select count(*)::int from raw.event join raw.source using (source_id) where topic = $1) as raw
        from fact.session_event
        where event_id in (select event_id from raw.event join raw.source using (source_id) where topic = $1)`,
        [topic],
      )
    ).rows[0];

  it('has every message once after two immediate shutdowns while messages flow', async () => {
    const topic = uniqueName('events');
    await kafka.createTopic(topic, { partitions: 2 });
    const consumer = harness.consumer(topic, { batchMessages: 25 });
    await consumer.start();
    let sent = 0;
    // 5 new events, 3 of noise, 1 that is no JSON and a repetition of an event, twenty times a round
    const send = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round += 1) {
        const values = Array.from({ length: 20 }, () => {
          const ids = Array.from({ length: 5 }, () => randomUUID());
          return [
            ...ids.map((id) => statusMessage(id)),
            statusMessage(ids[0]),
            noiseMessage(),
            noiseMessage(),
            noiseMessage(),
            '{',
          ];
        }).flat();
        await kafka.produce(
          topic,
          values.map((value, index) => ({ value, partition: Math.floor(index / 10) % 2 })),
        );
        sent += values.length;
      }
    };
    for (let death = 0; death < 2; death += 1) {
      const before = sent;
      const sending = send(8);
      await harness.untilConsumed(topic, before + 100);
      await server.kill();
      await sending;
      await send(2);
      await server.start();
    }
    await send(2);
    const totals = await harness.untilConsumed(topic, sent);
    await consumer.stop();
    expect(totals.every(isBalanced)).toBe(true);
    expect(totals.map(({ consumed, nextOffset }) => consumed === nextOffset)).toEqual([true, true]);
    const tenth = sent / 10;
    expect(sumOf(totals, 'accepted')).toBe(5 * tenth);
    expect(sumOf(totals, 'duplicate')).toBe(tenth);
    expect(sumOf(totals, 'ignored')).toBe(3 * tenth);
    expect(sumOf(totals, 'rejected')).toBe(tenth);
    expect(await factsOf(topic)).toEqual({ facts: 5 * tenth, ids: 5 * tenth, raw: 5 * tenth });
  });

  it('finds by reading again that a commit happened whose answer was lost', async () => {
    const topic = uniqueName('events');
    await kafka.createTopic(topic);
    const pool = createPool({ url: harness.database.url('ingest'), name: 'lossy ingest', max: 2, log });
    const { lostCount } = losingCommitAnswers(pool);
    let raceCount = 0;
    const consumer = harness.consumer(topic, {
      pool,
      batchMessages: 20,
      metrics: {
        lost: () => {
          raceCount += 1;
        },
      },
    });
    await consumer.start();
    for (let round = 0; round < 10; round += 1) {
      await kafka.produce(
        topic,
        Array.from({ length: 40 }, () => ({ value: statusMessage() })),
      );
    }
    const [totals] = await harness.untilConsumed(topic, 400);
    await consumer.stop();
    await pool.end();
    expect(lostCount()).toBeGreaterThan(2);
    expect(raceCount).toBe(0);
    expect(totals).toMatchObject({ consumed: 400, accepted: 400, duplicate: 0 });
    expect(await factsOf(topic)).toEqual({ facts: 400, ids: 400, raw: 400 });
  });
});
