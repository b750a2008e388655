// An ingest process that tells its parent what it reads, writes and loses, and waits long before it writes.
import { createEventConsumer } from '../../src/ingest/consumer.js';
import { DEFAULT_DECODE_RULES } from '../../src/ingest/decode.js';
import { createLog } from '../../src/log.js';
import { createPool } from '../../src/warehouse/pool.js';

const [url = '', brokers = '', topic = '', groupId = ''] = process.argv.slice(2);
const log = createLog({ level: 'error', format: 'text' });
const tell = (what: string, count: number): void => void process.send?.({ what, count });
const pool = createPool({ url, name: 'member ingest', max: 3, log });
const consumer = createEventConsumer({
  brokers: brokers.split(','),
  groupId,
  topics: [{ topic, org: 'daydream' }],
  pool,
  rules: DEFAULT_DECODE_RULES,
  log,
  now: Date.now,
  batchWaitMs: 3_000,
  sessionTimeoutMs: 6_000,
  metrics: {
    buffered: (messages) => tell('buffered', messages),
    written: (tally) => tell('written', tally.length),
    lost: () => tell('lost', 1),
  },
});
process.once('message', () => {
  void consumer
    .stop()
    .then(() => pool.end())
    .then(() => process.disconnect());
});
await consumer.start();
