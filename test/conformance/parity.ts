import { readCore } from '../db/jobs/fact-writer.js';
import { rangeOf, same } from './expectation.js';
import { recountLayers } from './layers.js';
import { askAll, type CheckResult, failureOf } from './run.js';
import { AFTERWARDS, type Scenario } from './scenario.js';
import type { ConformanceWarehouse } from './warehouse.js';

const TOGETHER = 'all of them together';

/** What holds of the warehouse as a whole, before and after it is rebuilt and repaired [PARITY-002]. */
export async function proveParity(
  warehouse: ConformanceWarehouse,
  scenarios: readonly Scenario[],
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  const prove = async (says: string, rules: CheckResult['rules'], run: () => Promise<void>): Promise<void> => {
    results.push({ scenario: TOGETHER, says, rules, failure: await failureOf(run) });
  };

  for (const { layer, rowCount, differences } of await recountLayers(warehouse.owner)) {
    await prove(`${layer}: every row equals its recount from the layer before`, layerRules(layer), async () => {
      same(differences, []);
      same(rowCount > 0, true);
    });
  }
  await prove(
    'every message of every scenario was read from its topic, byte by byte',
    ['QUALITY-002', 'INGEST-004'],
    () => allWereRead(warehouse, scenarios),
  );
  await prove(
    'answers of demand, service, payments, jobs, tickets and BYOC messages, day by day, equal plain sums over the views that Grafana reads as the reader',
    ['PARITY-002', 'SERVING-002'],
    () => answersEqualViews(warehouse),
  );
  const tail = await readCore(warehouse.ownerPool);
  const stays = async (): Promise<void> => {
    const core = await readCore(warehouse.ownerPool);
    for (const [table, rows] of Object.entries(tail)) same({ table, rows: core[table] }, { table, rows });
    const failed = (await askAll(warehouse.api, scenarios)).filter(({ failure }) => failure !== null);
    same(
      failed.map(({ says, failure }) => `${says}: ${failure}`),
      [],
    );
  };
  await prove(
    'rebuilt from facts, every row of core and every answer is the same',
    ['PARITY-002', 'FACT-002'],
    async () => {
      await warehouse.modes.bootstrap();
      await stays();
    },
  );
  await prove(
    'repaired over all days, every row of core and every answer is the same',
    ['PARITY-002', 'FACT-002'],
    async () => {
      await warehouse.modes.repair({ from: new Date('2026-01-01T00:00:00Z'), to: new Date(AFTERWARDS) });
      await stays();
    },
  );
  return results;
}

function layerRules(layer: string): CheckResult['rules'] {
  return layer.startsWith('raw') ? ['PARITY-002', 'TYPED_RAW-001', 'TYPED_RAW-002'] : ['PARITY-002'];
}

async function allWereRead({ api }: ConformanceWarehouse, scenarios: readonly Scenario[]): Promise<void> {
  const { meta } = await api.ask('{ meta { sources { topic consumedCount } } }');
  const read = new Map<string, number>(
    meta.sources.map(({ topic, consumedCount }: { topic: string; consumedCount: number }) => [topic, consumedCount]),
  );
  for (const { name, source, steps } of scenarios) {
    const sent = steps.reduce((sum, step) => sum + ('send' in step ? step.send.length : 0), 0);
    if (sent > 0) same([name, read.get(source?.topic ?? name)], [name, sent]);
  }
}

async function answersEqualViews({ api, reader }: ConformanceWarehouse): Promise<void> {
  const { rows } = await reader.query<{ at: Date; sums: Record<string, string | null> }>(`
    select at, jsonb_object_agg(what, total) as sums
    from (select at, what, sum(total)::text as total from (
      select bucket_start as at, 'demand' as what, known_count as total from api.demand_1d where not is_synthetic
      union all
      select date_trunc('day', bucket_start, 'UTC'), 'service', status_sample_count
      from api.service_1h where not is_synthetic
      union all
      select date_trunc('day', paid_at, 'UTC'), 'wei', expected_value_wei from api.payment where not is_synthetic
      union all select date_trunc('day', job_at, 'UTC'), 'jobs', 1 from api.job
      union all select date_trunc('day', signed_at, 'UTC'), 'tickets', 1 from api.ticket
      union all select date_trunc('day', signed_at, 'UTC'), 'fees', computed_fee from api.ticket
      union all select date_trunc('day', event_at, 'UTC'), 'auths', 1 from api.byoc_auth_event
      union all select date_trunc('day', event_at, 'UTC'), 'workers', 1 from api.byoc_worker_event
    ) as u group by at, what) as t group by at order by at`);
  same(rows.length > 20, true);
  for (const { at, sums } of rows) {
    const range = rangeOf(at.toISOString().slice(0, 10));
    const {
      networkDemand,
      serviceMetrics,
      paymentTotals,
      jobMetrics,
      ticketMetrics,
      byocAuthMetrics,
      byocWorkerMetrics,
    } = await api.ask(`{
      networkDemand(${range}, bucket: HOUR_1) { total { knownCount } }
      serviceMetrics(${range}, bucket: DAY_1) { total { statusSampleCount } }
      paymentTotals(${range}, bucket: MINUTE_5) { total { expectedValueWei } }
      jobMetrics(${range}, bucket: HOUR_1) { total { jobCount } }
      ticketMetrics(${range}, bucket: HOUR_1) { total { ticketCount computedFeeWei } }
      byocAuthMetrics(${range}, bucket: MINUTE_5) { total { eventCount } }
      byocWorkerMetrics(${range}, bucket: DAY_1) { total { eventCount } } }`);
    const answered: Readonly<Record<string, unknown>> = {
      demand: networkDemand.total?.knownCount,
      service: serviceMetrics.total?.statusSampleCount,
      wei: paymentTotals.total?.expectedValueWei,
      jobs: jobMetrics.total?.jobCount,
      tickets: ticketMetrics.total?.ticketCount,
      fees: ticketMetrics.total?.computedFeeWei,
      auths: byocAuthMetrics.total?.eventCount,
      workers: byocWorkerMetrics.total?.eventCount,
    };
    for (const [what, answer] of Object.entries(answered))
      same([at, what, String(answer ?? 0)], [at, what, sums[what] ?? '0']);
  }
}
