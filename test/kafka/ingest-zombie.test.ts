import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createKafkaTestClient,
  describeWithKafka,
  type KafkaTestClient,
  sharedBrokers,
  uniqueName,
} from '../support/kafka.js';
import { waitFor } from '../support/wait-for.js';
import { createIngestHarness, type IngestHarness, isBalanced, statusMessage } from './ingest-harness.js';

const PARTITIONS = 2;

describeWithKafka('a member that its group expelled', () => {
  let harness: IngestHarness;
  let kafka: KafkaTestClient;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    harness = await createIngestHarness();
    kafka = await createKafkaTestClient();
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await kafka.close();
    await harness.close();
  });

  const membersOf = async (groupId: string): Promise<readonly string[]> => {
    const admin = kafka.kafka.admin();
    await admin.connect();
    try {
      const { groups } = await admin.describeGroups([groupId]);
      return groups.flatMap(({ state, members }) =>
        state === 'Stable' ? members.map(({ memberId }) => memberId) : [],
      );
    } finally {
      await admin.disconnect();
    }
  };

  it('loses the write it held while it was frozen, and nothing is counted twice', async () => {
    const topic = uniqueName('events');
    const groupId = uniqueName('group');
    await kafka.createTopic(topic, { partitions: PARTITIONS });
    const ids = Array.from({ length: 300 }, () => randomUUID());
    const send = (some: readonly string[]): Promise<void> =>
      kafka.produce(
        topic,
        some.map((id, index) => ({ value: statusMessage(id), partition: index % PARTITIONS })),
      );

    const args = [harness.database.url('ingest'), sharedBrokers().join(','), topic, groupId];
    const zombie = fork('test/kafka/ingest-member-process.ts', args, { execArgv: ['--import', 'tsx'] });
    children.push(zombie);
    const told = { buffered: 0, written: 0, lost: 0 };
    zombie.on('message', ({ what, count }: { what: keyof typeof told; count: number }) => {
      told[what] += count;
    });
    const [zombieId] = await waitFor(
      async () => ((await membersOf(groupId)).length === 1 ? membersOf(groupId) : null),
      {
        what: 'the first member',
      },
    );
    await send(ids.slice(0, 100));
    await waitFor(() => told.buffered > 0, { what: 'the first member to hold a batch' });
    zombie.kill('SIGSTOP');
    expect(told.written).toBe(0);

    const heir = harness.consumer(topic, { groupId, sessionTimeoutMs: 6_000 });
    await heir.start();
    await harness.untilConsumed(topic, 100);
    expect(await membersOf(groupId)).not.toContain(zombieId);
    await send(ids.slice(100, 200));
    await harness.untilConsumed(topic, 200);

    zombie.kill('SIGCONT');
    await waitFor(() => told.lost > 0, { what: 'the zombie to lose its write' });
    await waitFor(async () => (await membersOf(groupId)).length === 2, { what: 'the zombie back' });
    // the first hundred once more, over the rebalance that brought the zombie back, and on the other partition
    await send([...ids.slice(200), ...ids.slice(1, 101)]);
    const totals = await harness.untilConsumed(topic, 400);
    const exited = once(zombie, 'exit');
    zombie.send('stop');
    await exited;
    await heir.stop();

    expect(totals.every(isBalanced)).toBe(true);
    expect(totals.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(300);
    expect(totals.reduce((sum, { duplicate }) => sum + duplicate, 0)).toBe(100);
    const { rows } = await harness.admin.query(
      'select count(*)::int as events, count(distinct event_id)::int as ids from fact.session_event',
    );
    expect(rows).toEqual([{ events: 300, ids: 300 }]);
  });
});
