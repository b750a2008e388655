import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SqlSession } from '../../src/warehouse/sql-session.js';
import { checkConformance } from '../conformance/conformance.js';
import { LAYERS, type Layer, recountLayers } from '../conformance/layers.js';
import { reportText } from '../conformance/report.js';
import type { CheckResult } from '../conformance/run.js';
import { AFTERWARDS } from '../conformance/scenario.js';
import { AWAITED, SCENARIOS } from '../conformance/scenarios/all.js';
import { type ConformanceWarehouse, openConformanceWarehouse } from '../conformance/warehouse.js';
import { createEngineDatabase, type TestDatabase } from '../support/postgres.js';
import { copyWarehouse, expectSameAnswers, refreshAll } from './warehouse/engine-comparison.js';
import { enginesUnderTest } from './warehouse/engines-under-test.js';
import { openPgliteWarehouse } from './warehouse/pglite-warehouse.js';

describe.each(enginesUnderTest())('the scenarios of the contract on %s [QUALITY-002, PARITY-001]', (engine) => {
  let database: TestDatabase;
  let warehouse: ConformanceWarehouse;
  let checks: readonly CheckResult[] = [];

  beforeAll(async () => {
    database = await createEngineDatabase(engine);
    warehouse = await openConformanceWarehouse(database.url);
    checks = await checkConformance(warehouse);
  });
  afterAll(async () => {
    await warehouse?.close();
    await database?.drop();
  });

  test.each([...new Set(SCENARIOS.map(({ name }) => name))])('%s', (name) => {
    const own = checks.filter(({ scenario }) => scenario === name);
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter(({ failure }) => failure !== null)).toEqual([]);
  });

  test('docs/conformance.md is what this run gives', async () => {
    const committed = await readFile(new URL('../../docs/conformance.md', import.meta.url), 'utf8');
    expect(reportText(checks, AWAITED), '`npm run conformance` writes it').toBe(committed);
  });

  describe('a recount names the layer that is wrong [PARITY-002]', () => {
    // rows by their keys: those of a compressed chunk have no place of their own
    const corruptions: readonly (readonly [Layer, string, string])[] = [
      ['raw events → facts', 'a frame rate', "update fact.session_event set fps_micro = 1 where event_id = 'clean-8'"],
      ['raw events → facts', 'a missing event', "delete from fact.session_event where event_id = 'clean-8'"],
      [
        'raw events → facts',
        'a wei of a payment',
        "update fact.payment set expected_value_wei = expected_value_wei + 1 where request_id = 'pay-two'",
      ],
      [
        'raw events → facts',
        'a fee of a ticket',
        "update fact.signed_ticket set computed_fee = computed_fee + 0.001 where session_id = 'tolls-t'",
      ],
      [
        'raw events → facts',
        'a refusal of an authorisation',
        "update fact.byoc_auth_event set is_success = true where error = 'expired'",
      ],
      [
        'raw events → facts',
        'a price of a worker',
        'update fact.worker_lifecycle_event set price_per_unit = price_per_unit + 1',
      ],
      [
        'facts → core',
        'a session that starts too late',
        "update core.session set started_at = started_at + interval '1 ms' where stream_id = 'clean-stream'",
      ],
      [
        'facts → core',
        'a sample counted twice in an hour',
        `update core.session_bucket_1h set status_sample_count = status_sample_count + 1
         where session_key = 'clean-stream|clean-stream-request'`,
      ],
      [
        'facts → core',
        'a payment of another session',
        "update core.payment set session_key = 'x' where request_id = 'pay-two'",
      ],
      [
        'facts → core',
        'a wei',
        "update core.payment set face_value_wei = face_value_wei + 1 where request_id = 'pay-two'",
      ],
      [
        'facts → core',
        'an outcome of a job',
        "update core.job set outcome = 'unknown' where request_id = 'batch-whole'",
      ],
      ['facts → core', 'a worker of a job', "update core.job set worker_event_id = 'byoc-2' where kind = 'byoc'"],
      ['facts → core', 'a latency of a discovery', 'update core.discovery set latency_ms = latency_ms + 1'],
      [
        'facts → core',
        'a packet lost',
        'update core.session_ingest_1h set video_packets_lost = video_packets_lost + 1',
      ],
      [
        'facts → core',
        'a gap of a ticket',
        "update core.ticket set missing_count = missing_count + 1 where ticket_session_id = 'byoc-tickets'",
      ],
      ['facts → core', 'a number that is repeated', 'update core.ticket set is_repeated = not is_repeated'],
      [
        'facts → core',
        'a ticket that is gone',
        "delete from core.ticket where ticket_session_id = 'tolls-s' and sequence_number = 3",
      ],
      [
        'facts → core',
        'a ticket of another gateway',
        `update core.ticket set grain_id = (select grain_id from core.grain where gateway like 'tolls-other.%' limit 1)
         where ticket_session_id = 'tolls-t'`,
      ],
      ['facts → core', 'a refusal', 'update core.byoc_auth set is_success = not is_success'],
      ['facts → core', 'a price of a worker', 'update core.byoc_worker set price_per_unit = price_per_unit + 1'],
      ['facts → core', 'an orchestrator found', 'update core.discovery set is_known = not is_known'],
      ...(engine === 'postgres'
        ? [
            [
              'core → rollups',
              'a stored sum',
              "update rollup.demand_1d set known_count = known_count + 1 where bucket_start = '2026-02-01Z'",
            ] as const,
            [
              'core → rollups',
              'a stored wei',
              "update rollup.payment_1d set expected_value_wei = expected_value_wei + 1 where bucket_start = '2026-03-02Z'",
            ] as const,
            [
              'core → rollups',
              'a stored job',
              "delete from rollup.job_1h where bucket_start >= '2026-03-05Z'",
            ] as const,
            [
              'core → rollups',
              'a stored gap',
              "update rollup.ticket_1d set missing_count = missing_count + 1 where bucket_start = '2026-03-10Z'",
            ] as const,
            [
              'core → rollups',
              'a stored authorisation',
              "delete from rollup.byoc_auth_1h where bucket_start >= '2026-03-11Z'",
            ] as const,
            [
              'core → rollups',
              'a stored price',
              "update rollup.byoc_worker_5m set price_sum = price_sum + 1 where bucket_start >= '2026-03-11Z'",
            ] as const,
          ]
        : []),
      ['rollups → api', 'dimensions that are gone', "delete from core.grain where gateway like 'clean%'"],
    ];

    test('and finds nothing while all are right', async () => {
      const reports = await recountLayers(warehouse.owner);
      expect(reports.map(({ layer, differences }) => ({ layer, differences }))).toEqual(
        LAYERS.map((layer) => ({ layer, differences: [] })),
      );
      for (const { layer, rowCount } of reports) expect(rowCount, layer).toBeGreaterThan(50);
    });

    test.each(corruptions)('%s: %s', async (layer, _what, sql) => {
      const { owner } = warehouse;
      await owner.query('begin');
      try {
        await owner.query(sql);
        const wrong = (await recountLayers(owner)).filter(({ differences }) => differences.length > 0);
        expect(wrong[0]?.layer).toBe(layer);
      } finally {
        await owner.query('rollback');
      }
    });
  });

  // the full server has played the scenarios itself; the TimescaleDB of this process compares what came of them here
  test.runIf(engine === 'postgres')(
    'gives the same rollups, scores and answers on TimescaleDB, live and stored [PARITY-002, AGGREGATE-006]',
    async () => {
      const other = await openPgliteWarehouse();
      try {
        await copyWarehouse(warehouse.owner, other.session);
        for (const session of [warehouse.owner, other.session]) await markEverything(session);
        const counts = await expectSameAnswers(warehouse.owner, other.session, isComparable);
        for (const view of [
          'api.session',
          'api.session_decision',
          'api.sla_score',
          'api.service_1h',
          'api.demand_1d',
        ]) {
          expect(counts[view], view).toBeGreaterThan(20);
        }
        for (const view of ['api.payment', 'api.job']) expect(counts[view], view).toBeGreaterThan(10);
        for (const view of ['api.discovery', 'api.ticket', 'api.byoc_auth_event', 'api.byoc_worker_event']) {
          expect(counts[view], view).toBeGreaterThan(5);
        }
        for (const session of [warehouse.owner, other.session]) await refreshAll(session, new Date(AFTERWARDS));
        await expectSameAnswers(warehouse.owner, other.session);
      } finally {
        await other.close();
      }
    },
  );
});

/** Stored rows are no part of a copy, so only views can be compared before a refresh. */
const isComparable = (relation: string): boolean => !/^rollup\.\w+_\d+[mhd]$/.test(relation);

async function markEverything(session: SqlSession): Promise<void> {
  const { rows } = await session.query<{ root: string }>('select distinct root from naap.rollup order by 1');
  for (const { root } of rows) {
    await session.query(
      `select work.mark_buckets('${root.replace('core.', '')}', array(select distinct bucket_start from ${root} order by 1))`,
    );
  }
}
