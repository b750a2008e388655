import { collectDefaultMetrics, Registry } from 'prom-client';
import { createHttpServer } from '../http/server.js';
import type { Log } from '../log.js';
import { createPool } from '../warehouse/pool.js';
import { openBrokerProbe } from './broker-probe.js';
import { closeAll } from './command-lifetime.js';
import type { Config } from './config.js';
import type { WarehouseConnections } from './warehouse-connections.js';

const READER_CONNECTIONS = 10;

export interface RunningApi {
  /** `http://host:port` that answers. */
  readonly url: string;
  close(): Promise<void>;
}

/** The public HTTP surface as the reader role, listening. */
export async function startApi(config: Config, warehouse: WarehouseConnections, log: Log): Promise<RunningApi> {
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const db = createPool({ url: warehouse.url('reader'), name: 'naap api', max: READER_CONNECTIONS, log });
  const closers: (() => Promise<unknown>)[] = [() => db.end()];
  try {
    const probe = config.kafka === null ? null : openBrokerProbe(config.kafka.brokers, log);
    if (probe !== null) closers.push(probe.close);
    const server = createHttpServer({
      db,
      log,
      clock: Date.now,
      metrics,
      ...(probe !== null && { isBrokerReady: probe.isReady }),
    });
    closers.push(server.close);
    const url = await server.listen(config.http.port, config.http.host);
    log.info({ url }, 'API is listening');
    return { url, close: () => closeAll(closers) };
  } catch (error) {
    await closeAll(closers).catch(() => undefined);
    throw error;
  }
}
