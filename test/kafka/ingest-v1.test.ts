import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKafkaTestClient, describeWithKafka, type KafkaTestClient, uniqueName } from '../support/kafka.js';
import { createIngestHarness, type IngestHarness, isBalanced, statusMessage } from './ingest-harness.js';

const NOW = Date.now();

function v1(eventType: string, payload: object, more: object = {}): string {
  return JSON.stringify({
    event_id: randomUUID(),
    schema_version: 'v1',
    event_type: eventType,
    timestamp_ms: NOW,
    publisher_id: eventType.startsWith('gateway.') ? 'gw-v1' : 'runner-7',
    publisher_type: eventType.split('.')[0],
    nodes_uuid: randomUUID(),
    region: 'eu',
    payload,
    ...more,
  });
}

describeWithKafka('the spec dialect v1 from Kafka [INGEST-001]', () => {
  let harness: IngestHarness;
  let kafka: KafkaTestClient;
  beforeAll(async () => {
    harness = await createIngestHarness();
    kafka = await createKafkaTestClient();
  });
  afterAll(async () => {
    await kafka.close();
    await harness.close();
  });

  it('becomes the same facts as the gateway dialect, beside it in one topic, one verdict per message', async () => {
    const topic = uniqueName('events');
    await kafka.createTopic(topic, { partitions: 2 });
    const ids = { request_id: 'r-1', stream_id: 's-1', node_addr: '0xAB' };
    const sequenced = v1('gateway.request.start', { ...ids, cold_start: true, sequence: 1 });
    const messages = [
      sequenced,
      v1('gateway.request.first_frame', { ...ids, is_loading_image: false }),
      v1('gateway.swap', {
        ...ids,
        from_orchestrator_address: '0xAB',
        to_orchestrator_address: '0xCD',
        reason: 'timeout',
      }),
      v1('runner.metrics.sample', {
        ...ids,
        fps: 24.5,
        tx_bytes: 10,
        sampling_interval_ms: 1000,
        gpu: { uuid: 'GPU-1' },
      }),
      v1('gateway.request.end', { ...ids, status: 'failure', failure_reason: 'model_error' }),
      v1('runner.heartbeat', {}),
      statusMessage(),
      // once more; the same sequence under another id; and what is wrong with it
      sequenced,
      v1('gateway.request.start', { ...ids, cold_start: true, sequence: 1 }),
      v1('gateway.request.start', ids, { schema_version: 'v2' }),
      v1('gateway.request.start', ids, { publisher_id: 'nobody' }),
      v1('gateway.request.start', {}),
      v1('gateway.request.dance', ids),
    ];
    await kafka.produce(
      topic,
      messages.map((value, index) => ({ value, partition: index % 2 })),
    );
    const consumer = harness.consumer(topic, {
      rules: { maxMessageBytes: 1_048_576, trustedPublishers: new Set(['gw-v1', 'runner-7']) },
    });
    await consumer.start();
    const totals = await harness.untilConsumed(topic, messages.length);
    await consumer.stop();
    expect(totals.every(isBalanced)).toBe(true);

    const tally = await harness.admin.query(
      `select verdict, reason, sum(message_count)::int as n from raw.tally join raw.source using (source_id)
       where topic = $1 group by 1, 2 order by 1, 2`,
      [topic],
    );
    expect(tally.rows.map(({ verdict, reason, n }) => [verdict, reason, n])).toEqual([
      ['accepted', '', 7],
      ['duplicate', 'duplicate_event_id', 2],
      ['ignored', 'unsupported_event_family', 1],
      ['rejected', 'schema_mismatch', 1],
      ['rejected', 'unsupported_version', 1],
      ['rejected', 'untrusted_publisher', 1],
    ]);
    const facts = await harness.admin.query(
      `select name, session_key, gateway, region, orch_address, is_cold_start, is_swap, swap_to_address, is_error,
         message, state, fps_micro::int
       from fact.session_event where stream_id = 's-1' order by name`,
    );
    // the region is the gateway's
    const common = { session_key: 's-1|r-1', region: 'eu', orch_address: '0xab' };
    expect(facts.rows).toMatchObject([
      { ...common, name: 'gateway.request.end', gateway: 'gw-v1', is_error: true, message: 'model_error' },
      { ...common, name: 'gateway.request.first_frame', gateway: 'gw-v1', is_error: false },
      { ...common, name: 'gateway.request.start', gateway: 'gw-v1', is_cold_start: true },
      { ...common, name: 'gateway.swap', is_swap: true, swap_to_address: '0xcd' },
      { ...common, name: 'runner.metrics.sample', gateway: '', region: '', state: 'ONLINE', fps_micro: 24_500_000 },
    ]);
    const transport = await harness.admin.query(
      'select publisher_id, gpu_uuid, tx_bytes::int from fact.transport_sample',
    );
    expect(transport.rows).toEqual([{ publisher_id: 'runner-7', gpu_uuid: 'GPU-1', tx_bytes: 10 }]);
    const others = await harness.admin.query('select name, publisher_id from fact.v1_event');
    expect(others.rows).toEqual([{ name: 'runner.heartbeat', publisher_id: 'runner-7' }]);
    const marks = await harness.admin.query(
      "select distinct session_key from work.session_mark where session_key = 's-1|r-1'",
    );
    expect(marks.rows).toHaveLength(1);
  });
});
