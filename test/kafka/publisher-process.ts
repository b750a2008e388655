// A publisher that ends itself with SIGKILL when the brokers have its second batch, before the position is moved.
import { publishScores } from '../../src/jobs/publish-scores.js';
import { openScoreTopic } from '../../src/jobs/score-topic.js';
import { createLog } from '../../src/log.js';
import { createPool } from '../../src/warehouse/pool.js';

const [url = '', brokers = '', topic = ''] = process.argv.slice(2);
const log = createLog({ level: 'warn', format: 'text' });
const target = openScoreTopic({ brokers: brokers.split(','), topic });
let batches = 0;
await publishScores({
  pool: createPool({ url, name: 'killed publisher', max: 2, log }),
  batchResults: 40,
  topic: {
    ...target,
    async send(messages) {
      await target.send(messages);
      batches += 1;
      if (batches === 2) process.kill(process.pid, 'SIGKILL');
    },
  },
});
