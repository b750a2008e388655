import { DEFAULT_DECODE_RULES, decode } from '../../../src/ingest/decode.js';
import { createResolver, type Resolver } from '../../../src/jobs/resolver.js';
import { createLog } from '../../../src/log.js';
import { createPool, type Pool } from '../../../src/warehouse/pool.js';
import { openSource } from '../../../src/warehouse/stores/source-store.js';
import { createEventBatchWriter } from '../../../src/warehouse/writers/event-batch-writer.js';
import type { ApiUnderTest } from './api-under-test.js';

/** Key of the public ids in these tests. */
export const PUBLIC_ID_KEY = 'key of the tests, known to everybody';

const LIVE = 'live-video-to-video';
const log = createLog({ level: 'silent', format: 'json' });

/** A capability message: who reported what when. */
export interface Report {
  readonly id: string;
  readonly atMs: number;
  readonly org?: string;
  readonly elements: readonly object[];
}

/** What one service of an orchestrator says of itself. */
export interface Service {
  readonly address: string;
  readonly uri?: string;
  readonly localAddress?: string;
  readonly version?: string;
  /** By model. */
  readonly models?: Readonly<Record<string, { warm?: boolean; capacity?: number; capacityInUse?: number }>>;
  /** Model by GPU uuid and model name of the GPU. */
  readonly gpus?: readonly { readonly uuid: string; readonly name: string; readonly model: string }[];
  /** Wei by model; '' for all models. */
  readonly prices?: Readonly<Record<string, string>>;
  readonly pixelsPerUnit?: number;
}

export function element(service: Service): object {
  const { address, uri = 'https://orch.example.com:8935', localAddress = '', version = '0.8.9' } = service;
  return {
    address,
    local_address: localAddress,
    orch_uri: uri,
    capabilities: { version, constraints: { PerCapability: { '35': { models: service.models ?? {} } } } },
    capabilities_prices: Object.entries(service.prices ?? {}).map(([constraint, pricePerUnit]) => ({
      ...{ pricePerUnit, pixelsPerUnit: service.pixelsPerUnit ?? 1, capability: 35, constraint },
    })),
    hardware: (service.gpus ?? []).map(({ uuid, name, model }) => ({
      pipeline: LIVE,
      model_id: model,
      gpu_info: { '0': { id: uuid, name, memory_total: 24_000_000_000, memory_free: 1 } },
    })),
  };
}

export interface ReportSink {
  /** Takes messages in as ingest does, from their bytes on, and resolves them when `resolves`. */
  send(reports: readonly Report[], resolves?: boolean): Promise<void>;
  resolve(): Promise<void>;
  /** Forgets everything that was ever sent. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

/** The way of a capability message from its bytes to the rows that the API reads; nothing of it is a stand-in. */
export async function openReportSink({ database, worker }: ApiUnderTest): Promise<ReportSink> {
  const ingest: Pool = createPool({ url: database.url('ingest'), name: 'naap test ingest', max: 2, log });
  const admin: Pool = createPool({ url: database.url(), name: 'naap test admin', max: 1, log });
  const resolver: Resolver = await createResolver({ pool: worker, publicIdKey: PUBLIC_ID_KEY, log });
  const writer = createEventBatchWriter({ pool: ingest });

  async function resolve(): Promise<void> {
    await resolver.drain({ decidedAt: new Date() });
  }

  async function sendOne({ id, atMs, org = 'daydream', elements }: Report): Promise<void> {
    const { source, nextOffset } = await openSource(ingest, { clusterId: 'test', topic: org, partition: 0, org });
    const text = { id, type: 'network_capabilities', timestamp: String(atMs), gateway: 'gw', data: elements };
    const value = Buffer.from(JSON.stringify(text));
    const message = { org, offset: nextOffset, value, brokerAtMs: atMs, receivedAtMs: atMs };
    const verdict = decode(message, DEFAULT_DECODE_RULES);
    if (verdict.kind !== 'accepted') throw new Error(`report ${id} is ${verdict.kind}`);
    const { kind } = await writer.write([
      { source, expectedNextOffset: nextOffset, nextOffset: nextOffset + 1, messages: [{ message, verdict }] },
    ]);
    if (kind !== 'written') throw new Error(`report ${id} was not written`);
  }

  return {
    async send(reports, resolves = true) {
      for (const report of reports) await sendOne(report);
      if (resolves) await resolve();
    },
    resolve,
    async empty() {
      await admin.query(`truncate raw.ledger, raw.event, fact.capability_content, fact.capability_sighting,
        fact.capability_usage, core.capability_run, core.capability_reading, core.capability_offer,
        core.capability_price, core.capability_gpu, core.orchestrator_alias, core.orchestrator_gpu, work.sighting_mark`);
    },
    async close() {
      await Promise.all([ingest.end(), admin.end()]);
    },
  };
}
