import { collectDefaultMetrics, Registry } from 'prom-client';
import { createOperationsServer } from '../http/operations-server.js';
import type { Log } from '../log.js';
import type { Config } from './config.js';

export interface RunningOperations {
  readonly registry: Registry;
  close(): Promise<void>;
}

/** Health and metrics of `ingest` and `work`, on the same port as the API has in its process. */
export async function startOperations(config: Config, isReady: () => boolean, log: Log): Promise<RunningOperations> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const server = createOperationsServer({ metrics: registry, isReady });
  const url = await server.listen(config.http.port, config.http.host);
  log.info({ url: `${url}/metrics` }, 'health and metrics are served');
  return { registry, close: server.close };
}
