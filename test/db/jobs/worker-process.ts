import { createResolveJob } from '../../../src/jobs/resolve.js';
import { createResolver } from '../../../src/jobs/resolver.js';
import { startWorker } from '../../../src/jobs/worker.js';
import { createLog } from '../../../src/log.js';
import { createPool } from '../../../src/warehouse/pool.js';

/** A worker process to be killed: `worker-process.ts <worker url> <owner url> <public id key>`. */
const [workerUrl = '', ownerUrl = '', publicIdKey = ''] = process.argv.slice(2);
const log = createLog({ level: 'warn', format: 'json' });
const pool = createPool({ url: workerUrl, name: 'naap doomed resolver', log });
const resolver = await createResolver({ pool, publicIdKey, log });
await startWorker({ workerUrl, ownerUrl, concurrency: 1, tasks: [createResolveJob(resolver)], log });
