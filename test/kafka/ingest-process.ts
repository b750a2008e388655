// An ingest process that ends itself with SIGKILL after its first committed batch, before Kafka hears of it.
import { createEventConsumer } from '../../src/ingest/consumer.js';
import { DEFAULT_DECODE_RULES } from '../../src/ingest/decode.js';
import { createLog } from '../../src/log.js';
import { createPool } from '../../src/warehouse/pool.js';

const [url = '', brokers = '', topic = '', groupId = ''] = process.argv.slice(2);
const log = createLog({ level: 'warn', format: 'text' });
await createEventConsumer({
  brokers: brokers.split(','),
  groupId,
  topics: [{ topic, org: 'daydream' }],
  pool: createPool({ url, name: 'killed ingest', max: 3, log }),
  rules: DEFAULT_DECODE_RULES,
  log,
  now: Date.now,
  batchMessages: 50,
  batchWaitMs: 20,
  sessionTimeoutMs: 6_000,
  metrics: { written: () => process.kill(process.pid, 'SIGKILL') },
}).start();
