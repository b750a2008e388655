import type { Scenario } from '../scenario.js';
import { aroundChecks, aroundFirst, aroundLater, aroundSums } from './jobs-around.js';
import { batchChecks, batchFirst, batchLater } from './jobs-batch.js';
import { byocChecks, byocFirst, byocLater } from './jobs-byoc.js';

/** Jobs of both kinds on one day; receptions, workers and tickets that come late change what was told before. */
export const jobs: Scenario = {
  name: 'AI batch, LLM and BYOC end to end',
  steps: [
    { send: [...batchFirst, ...byocFirst, ...aroundFirst] },
    { settle: '2026-03-05T10:20:00Z' },
    { send: [...batchLater, ...byocLater, ...aroundLater] },
    { settle: '2026-03-05T11:00:00Z' },
  ],
  checks: [...batchChecks, ...byocChecks, ...aroundChecks, aroundSums],
};
