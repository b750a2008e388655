import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeOutcomes } from '../../../src/cli/simulation.js';
import { DEFAULT_DECODE_RULES } from '../../../src/ingest/decode.js';
import { replay } from '../../../src/ingest/file-source.js';
import { rebuild } from '../../../src/jobs/rebuild.js';
import { refreshAlone } from '../../../src/jobs/refresh-rollups.js';
import { createResolver } from '../../../src/jobs/resolver.js';
import { verify } from '../../../src/jobs/resolver-verify.js';
import { createLog } from '../../../src/log.js';
import type { ExpectedRow, ExpectedSession } from '../../../src/simulator/expected.js';
import type { SimulatedMessage, SimulationOptions } from '../../../src/simulator/options.js';
import { planOutcomes } from '../../../src/simulator/outcomes.js';
import { createRandom } from '../../../src/simulator/random.js';
import { simulate, toNdjson } from '../../../src/simulator/simulate.js';
import { createPool, sessionOf } from '../../../src/warehouse/pool.js';
import type { RowDifference } from '../../../src/warehouse/readers/row-difference.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';
import { readCore } from '../jobs/fact-writer.js';
import { naiveLinks, storedLinks } from '../jobs/naive-links.js';
import { expectSameAnswers } from '../warehouse/engine-comparison.js';
import { checkOutcomes, runOutcomes, type ServedApi, serveApi } from './outcome-check.js';
import { kindsOf, openTopicFeed, TOPICS, type VerdictsByKind } from './simulated-day.js';
import { keyOf, TAMPERINGS, type Tampering } from './tamperings.js';

const log = createLog({ level: 'silent', format: 'json' });
const KEY = 'a key of the public ids, for tests only';
const HOUR_MS = 3_600_000;
/** Every fault at once, over hours that end after midnight. */
const OPTIONS: SimulationOptions = {
  seed: 20_260_108,
  sessions: 400,
  hours: 6,
  startMs: Date.UTC(2026, 0, 8, 20),
  orchestrators: 12,
  gateways: 4,
  noise: true,
  v1Gateways: 2,
  faults: { duplicateRatio: 0.1, shuffleWindowMs: 20_000, lateRatio: 0.05, dropRatio: 0.03, garbageRatio: 0.01 },
};
/** Fields of rows that are sums; all others have many more. */
const LEAST_FIELDS: Readonly<Record<string, number>> = {
  ticketHour: 6,
  ticketIdentity: 6,
  byocAuthHour: 3,
  byocAuthIdentity: 3,
  byocWorkerHour: 3,
  byocWorkerIdentity: 3,
};
/** Everything is in and every bucket is closed. */
const AFTERWARDS = new Date(OPTIONS.startMs + 48 * HOUR_MS);

interface Warehouse {
  readonly database: TestDatabase;
  readonly admin: Pool;
  readonly ingest: Pool;
  readonly worker: Pool;
  readonly owner: Pool;
  readonly api: ServedApi;
}

async function openWarehouse(): Promise<Warehouse> {
  const database = await createTestDatabase();
  const pool = (role?: 'ingest' | 'worker' | 'owner' | 'reader') =>
    createPool({ url: database.url(role), name: 'test outcomes', max: 3, log });
  const api = await serveApi({ db: pool('reader'), log, nowMs: AFTERWARDS.getTime() });
  return { database, admin: pool(), ingest: pool('ingest'), worker: pool('worker'), owner: pool('owner'), api };
}

async function closeWarehouse({ database, admin, ingest, worker, owner, api }: Warehouse): Promise<void> {
  await api.close();
  await Promise.all([admin.end(), ingest.end(), worker.end(), owner.end()]);
  await database.drop();
}

describe('a simulated day with every fault', () => {
  const messages = [...simulate(OPTIONS)];
  const kindOf = kindsOf(OPTIONS);
  let tail: Warehouse;
  let bootstrap: Warehouse;
  let verdicts: VerdictsByKind;
  let expectFolder: string;
  let expectFile: string;

  beforeAll(async () => {
    [tail, bootstrap] = await Promise.all([openWarehouse(), openWarehouse()]);
    expectFolder = await mkdtemp(join(tmpdir(), 'naap-test-'));
    expectFile = join(expectFolder, 'expected.ndjson');
    await Promise.all([liveThrough(), loadAtOnce(), writeOutcomes(OPTIONS, expectFile)]);
  });
  afterAll(async () => {
    await Promise.all([tail, bootstrap].flatMap((one) => (one === undefined ? [] : [closeWarehouse(one)])));
    if (expectFolder !== undefined) await rm(expectFolder, { recursive: true });
  });

  /** Batches of any size as the topics bring them, resolved and refreshed now and then. */
  async function liveThrough(): Promise<void> {
    const feed = await openTopicFeed(tail.ingest, DEFAULT_DECODE_RULES, kindOf);
    const resolver = await createResolver({ pool: tail.worker, publicIdKey: KEY, batchMarks: 200, log });
    const random = createRandom(1, 'batches', 0, 0);
    for (let from = 0; from < messages.length; ) {
      const batch = messages.slice(from, from + random.integer(1, 4_000));
      await feed.send(batch);
      from += batch.length;
      if (random.chance(0.5)) await resolver.drain({ decidedAt: new Date(), concurrency: random.integer(1, 3) });
      if (random.chance(0.2)) await refreshAlone({ ownerPool: tail.owner, asOf: nowOf(batch), log });
    }
    await resolver.drain({ decidedAt: new Date() });
    await refreshAlone({ ownerPool: tail.owner, asOf: AFTERWARDS, log });
    verdicts = feed.verdicts;
  }

  /** The same messages in no order at all, from files, and resolved by a rebuild. */
  async function loadAtOnce(): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'naap-test-'));
    try {
      const random = createRandom(2, 'lines', 0, 0);
      for (const [topic, org] of Object.entries(TOPICS)) {
        const lines = messages
          .filter((message) => message.topic === topic)
          .map((message) => ({ line: toNdjson(message), place: random.unit() }))
          .sort((a, b) => a.place - b.place);
        const path = join(folder, `${topic}.ndjson`);
        await writeFile(path, Buffer.concat(lines.map(({ line }) => line)));
        const now = () => AFTERWARDS.getTime();
        await replay({ path, org, pool: bootstrap.ingest, rules: DEFAULT_DECODE_RULES, log, now });
      }
    } finally {
      await rm(folder, { recursive: true });
    }
    await rebuild({ ownerPool: bootstrap.owner, publicIdKey: KEY, decidedAt: new Date(), log });
    await refreshAlone({ ownerPool: bootstrap.owner, asOf: AFTERWARDS, log });
  }

  it('is answered as everything truly was [LIFECYCLE-001 … 007, ATTRIBUTION-001, ATTRIBUTION-003, domain 4.2]', async () => {
    const expected = [...planOutcomes(OPTIONS)];
    const count = (kind: string) => expected.filter((row) => row.kind === kind).length;
    for (const { api } of [tail, bootstrap]) {
      const { differences, tallies } = await checkOutcomes(expectFile, api.url);
      expect(differences).toEqual([]);
      for (const [kind, tally] of Object.entries(tallies)) {
        expect(tally).toMatchObject({ expectedCount: count(kind), seenCount: count(kind) });
        expect(tally.fieldCount).toBeGreaterThanOrEqual((LEAST_FIELDS[kind] ?? 11) * count(kind));
        expect(tally.uncertainCount).toBeLessThan(count(kind) / 2);
      }
      expect(Object.keys(tallies).sort()).toEqual([...new Set(expected.map(({ kind }) => kind))].sort());
      expect(Object.keys(tallies).length).toBe(4 + Object.keys(LEAST_FIELDS).length);
    }
  });

  it('is said to differ where a sum is another, and where an hour or an identity is nobody’s [AGGREGATE-006]', async () => {
    const expected = [...planOutcomes(OPTIONS)];
    const changed = expected.flatMap((row): object[] => {
      if (row.kind === 'ticketHour' && row.figures.ticketCount === 1) return [];
      if (row.kind === 'byocAuthHour') return [{ ...row, figures: { ...row.figures, failedCount: 99 } }];
      if (row.kind === 'byocWorkerIdentity') return [{ ...row, orchestrator: null }];
      return [row];
    });
    const file = `${expectFile}.sums`;
    await writeFile(file, changed.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const { differences, tallies } = await checkOutcomes(file, tail.api.url);
    const count = (is: (row: ExpectedRow) => boolean): number => expected.filter(is).length;
    const [single, auths, workers] = [
      count((row) => row.kind === 'ticketHour' && row.figures.ticketCount === 1),
      count(({ kind }) => kind === 'byocAuthHour'),
      count(({ kind }) => kind === 'byocWorkerIdentity'),
    ];
    expect(Math.min(single, auths, workers)).toBeGreaterThan(0);
    expect(tallies).toMatchObject({
      ticketHour: { notExpectedCount: single, differentCount: 0 },
      byocAuthHour: { differentCount: auths, notFoundCount: 0 },
      byocWorkerIdentity: { notExpectedCount: workers },
      byocWorkerHour: { differentCount: 0, notFoundCount: 0, notExpectedCount: 0 },
    });
    expect(differences).toContainEqual(expect.objectContaining({ field: 'failedCount', expected: 99 }));
  });

  it('is said to differ, with exit code 1, where one value, one row too many and one too few are expected', async () => {
    const said = await runOutcomes(['--expect', expectFile, '--url', tail.api.url]);
    expect(said).toMatchObject({ code: 0 });
    const lines = (await readFile(expectFile, 'utf8')).trimEnd().split('\n');
    const [first = '', second = '', ...rest] = lines.filter((line) => line.includes('"startupOutcome":"success"'));
    const others = lines.filter((line) => line !== first && line !== second);
    const changed = first.replace('"success"', '"failed"');
    const renamed = second.replace('"sessionKey":"', '"sessionKey":"nobody-');
    const file = `${expectFile}.wrong`;
    await writeFile(file, `${[changed, renamed, ...others].join('\n')}\n`);
    const { code, output } = await runOutcomes(['--expect', file, '--url', tail.api.url]);
    expect(rest.length).toBeGreaterThan(0);
    expect(code).toBe(1);
    expect(output.split('\n').filter((line) => line.startsWith('session '))).toEqual([
      expect.stringMatching(/^session s_[0-9a-f]{24}: startupOutcome expected "failed", seen "success"$/),
      expect.stringMatching(/^session s_[0-9a-f]{24}: not found$/),
      expect.stringMatching(/^session s_[0-9a-f]{24}: not expected$/),
    ]);
    expect(output).toMatch(/^sessions .* 1 different, 1 not found, 1 not expected/m);
    expect((await runOutcomes(['--url', tail.api.url])).code).toBe(2);
  });

  it('has every kind of outcome in it, so that the comparison means something', () => {
    const outcomes = [...planOutcomes(OPTIONS)];
    const sessions = outcomes.filter((row) => row.kind === 'session');
    const count = (is: (one: ExpectedSession) => boolean) => sessions.filter(is).length;
    for (const is of [
      (one: ExpectedSession) => one.startupOutcome === 'success',
      (one: ExpectedSession) => one.startupOutcome === 'unknown',
      (one: ExpectedSession) => one.excusal === 'no_orch',
      (one: ExpectedSession) => one.excusal === 'excusable_error',
      (one: ExpectedSession) => one.excusal === 'none',
      (one: ExpectedSession) => one.explicitSwaps > 0,
      (one: ExpectedSession) => one.inferredSwaps > 0,
      (one: ExpectedSession) => one.loadingOnly,
      (one: ExpectedSession) => one.zeroOutput && !one.loadingOnly,
      (one: ExpectedSession) => one.isSynthetic,
      (one: ExpectedSession) => !one.completed,
      (one: ExpectedSession) => one.orchestrators.length > 1,
      (one: ExpectedSession) => one.coldStart === true && one.startupOutcome === 'success',
      (one: ExpectedSession) => one.coldStart !== null && one.explicitSwaps > 0,
      (one: ExpectedSession) => one.sessionKey.startsWith('_trace|'),
      (one: ExpectedSession) => one.orchestrators.includes(null),
    ])
      expect(count(is), String(is)).toBeGreaterThan(0);
    const kinds = new Set(
      outcomes.flatMap((row) =>
        row.kind === 'payment'
          ? [`payment ${row.linkMethod}`]
          : row.kind === 'job'
            ? [`${row.jobKind} ${row.outcome}`, ...(row.llm === null ? [] : ['llm'])]
            : row.kind === 'tickets' && row.missingCount > 0
              ? ['tickets with gaps']
              : [],
      ),
    );
    expect([...kinds].sort()).toEqual([
      'ai_batch no_orch',
      'ai_batch selected',
      'ai_batch unknown',
      'byoc selected',
      'byoc unknown',
      'llm',
      'payment earlier',
      'payment none',
      'payment request',
      'tickets with gaps',
    ]);
    const hours = outcomes.filter((row) => 'hourMs' in row);
    const total = (name: string) => hours.reduce((sum, { figures }) => sum + (figures[name] ?? 0), 0);
    for (const name of ['missingCount', 'successCount', 'failedCount', 'priceSumWei'])
      expect(total(name), name).toBeGreaterThan(0);
    expect(new Set(hours.map(({ gateway }) => gateway))).toEqual(
      new Set([null, 'gw_*', 'gateway-0.daydream.example', 'gateway-1.cloudspe.example', 'gateway-3.cloudspe.example']),
    );
    expect(messages.some(({ value }) => value.length > 1_048_576)).toBe(true);
  });

  it('rejects all garbage, ignores all noise, and takes the rest once [INGEST-003, INGEST-004, LINEAGE-001]', async () => {
    const made = (kind: 'telemetry' | 'noise' | 'garbage') => messages.filter((message) => kindOf(message) === kind);
    const telemetry = made('telemetry');
    expect(verdicts).toEqual({
      telemetry: { accepted: telemetry.length },
      noise: { ignored: made('noise').length },
      garbage: { rejected: made('garbage').length },
    });
    const distinct = new Set(telemetry.map(({ topic, value }) => `${topic} ${value.toString()}`)).size;
    expect(distinct).toBeLessThan(telemetry.length);
    for (const { admin } of [tail, bootstrap]) {
      const { rows } = await admin.query<{ verdict: string; n: number }>(
        'select verdict, sum(message_count)::int as n from raw.tally group by 1 order by 1',
      );
      const counts = Object.fromEntries(rows.map(({ verdict, n }) => [verdict, n]));
      expect(counts).toMatchObject({ accepted: distinct, duplicate: telemetry.length - distinct });
    }
  });

  it('consumes what it accepts, ignores, rejects and knows already, per source [INGEST-004]', async () => {
    for (const { admin } of [tail, bootstrap]) {
      const { rows } = await admin.query<{ topic: string; consumed: number; counted: number; next_offset: number }>(`
        select s.topic, s.consumed_count::int as consumed, s.next_offset::int, sum(t.message_count)::int as counted
        from raw.source as s join raw.tally as t using (source_id)
        where t.verdict in ('accepted', 'ignored', 'rejected', 'duplicate')
        group by s.source_id order by s.topic`);
      expect(rows).toHaveLength(2);
      for (const { consumed, counted } of rows) expect(counted).toBe(consumed);
    }
    const { rows } = await tail.admin.query<{ n: number }>('select sum(consumed_count)::int as n from raw.source');
    expect(rows).toEqual([{ n: messages.length }]);
  });

  it('links every payment as the rule says over all rows at once [domain 4.2]', async () => {
    for (const { admin } of [tail, bootstrap]) {
      const links = await storedLinks(admin);
      expect(links).toEqual(await naiveLinks(admin));
      const methods = new Set(Object.values(links).map((link) => link.split(' ')[0]));
      expect([...methods].sort()).toEqual(['earlier', 'none', 'request']);
    }
  });

  it('has every job of the facts once, by outcome and time [domain 4.2]', async () => {
    for (const { admin } of [tail, bootstrap]) {
      const { rows: wanted } = await admin.query<{ outcome: string }>(`
        select case when orch_url <> '' then 'selected' when error_type = 'no_orchestrators' then 'no_orch'
            else 'unknown' end as outcome,
          count(*)::int as jobs, sum(duration_ms)::int as ms,
          sum(extract(epoch from (
            select coalesce(min(r.event_at), e.event_at) from fact.ai_batch_event as r
            where r.org = e.org and r.request_id = e.request_id and r.name = 'ai_batch_request_received'
          )))::text as times
        from fact.ai_batch_event as e
        where name = 'ai_batch_request_completed'
        group by 1 order by 1`);
      const { rows: stored } = await admin.query(`
        select outcome, count(*)::int as jobs, sum(duration_ms)::int as ms, sum(extract(epoch from job_at))::text as times
        from core.job where kind = 'ai_batch' group by 1 order by 1`);
      expect(stored).toEqual(wanted);
      expect(wanted.map(({ outcome }) => outcome)).toContain('selected');
      const { rows } = await admin.query<{ jobs: number; events: number; attributed: number }>(`
        select (select count(*)::int from core.job where kind = 'byoc') as jobs,
          (select count(*)::int from fact.byoc_job_event where name = 'job_gateway_completed') as events,
          (
            select count(*)::int from core.job join core.grain using (grain_id) where orchestrator_address <> ''
          ) as attributed`);
      expect(rows[0]).toMatchObject({ jobs: rows[0]?.events });
      expect(rows[0]?.attributed).toBeGreaterThan(10);
    }
  });

  it('gives the same rows event by event and rebuilt from files in no order [FACT-002, PARITY-002]', async () => {
    expect(await readCore(tail.admin)).toEqual(await readCore(bootstrap.admin));
  });

  it('gives the same rollups, stored and live, event by event and rebuilt [AGGREGATE-006, PARITY-002]', async () => {
    const [one, other] = await Promise.all([tail.admin.connect(), bootstrap.admin.connect()]);
    try {
      const counts = await expectSameAnswers(sessionOf(one), sessionOf(other), isRollup);
      expect(Object.values(counts).every((count) => count > 0)).toBe(true);
    } finally {
      one.release();
      other.release();
    }
  });

  it('is verified silently, tail and bootstrap alike [PARITY-002]', async () => {
    for (const { worker } of [tail, bootstrap]) {
      const { differences, report } = await verifyAll(worker);
      expect(differences).toEqual([]);
      expect(report).toMatchObject({ waitingCount: 0, failedCount: 0, differenceCount: 0 });
      expect(report.sessionCount).toBe([...planOutcomes(OPTIONS)].filter(({ kind }) => kind === 'session').length);
      expect(report.eventCount).toBeGreaterThan(report.sessionCount * 5);
      for (const part of [report.payments, report.jobs, report.runs]) {
        expect(part).toMatchObject({ waitingCount: 0, failedCount: 0 });
        expect(part.count).toBeGreaterThan(10);
      }
    }
  });

  describe.each([0, 1])('tampered with, round %i of one value each', (round) => {
    const tampered = TAMPERINGS.filter((one) => one.round === round);
    let differences: readonly RowDifference[] = [];
    const keys = new Map<Tampering, Record<string, unknown>>();

    beforeAll(async () => {
      const undo: (() => Promise<unknown>)[] = [];
      try {
        for (const one of tampered) {
          const key = await keyOf(bootstrap.admin, one.table, one.row);
          keys.set(one, key);
          const where = Object.keys(key).map((name, index) => `${name} = $${index + 1}`);
          const set = (to: string) =>
            bootstrap.admin.query(
              `update ${one.table} set ${one.column} = ${to} where ${where.join(' and ')}`,
              Object.values(key),
            );
          await set(one.change);
          undo.push(() => set(one.undo));
        }
        differences = (await verifyAll(bootstrap.worker)).differences;
      } finally {
        for (const back of undo) await back();
      }
    });

    it.each(tampered.map((one) => [one.table, one.column, one] as const))(
      'is caught in %s.%s, at its row and column [PARITY-002]',
      (table, column, tampering) => {
        const own = differences.filter(({ relation }) => relation === table);
        expect(own).toMatchObject([{ kind: 'changed', column }]);
        for (const [name, value] of Object.entries(keys.get(tampering) ?? {})) {
          const seen = own[0]?.key[name];
          if (value instanceof Date) expect(new Date(String(seen))).toEqual(value);
          else expect(String(seen)).toBe(String(value));
        }
      },
    );

    it('is caught nowhere else, and no more once it is undone', async () => {
      const named = tampered.flatMap(({ table, alsoIn = [] }) => [table, ...alsoIn]);
      expect([...new Set(differences.map(({ relation }) => relation))].sort()).toEqual([...new Set(named)].sort());
      expect((await verifyAll(bootstrap.worker)).differences).toEqual([]);
    });
  });

  // a run of capabilities decides what sessions are attributed to, so it has a verification of its own
  it.each([
    [
      'sessions, payments and jobs',
      [
        ['core.segment', 'session_key'],
        ['core.payment', 'event_id'],
        ['core.job', 'job_key'],
      ],
      [
        ['core.swap', 'session_key'],
        ['core.payment', 'event_id'],
        ['core.job', 'job_key'],
      ],
    ],
    ['runs', [['core.capability_run', 'address']], [['core.capability_run', 'address']]],
  ] as const)(
    'is caught with rows of %s that no event accounts for, and with lost ones [PARITY-002]',
    async (_, odd, lost) => {
      const { admin, worker } = bootstrap;
      for (const [table, name] of odd) {
        await admin.query(
          `insert into ${table}
         select r.* from (select * from ${table} limit 1) as t,
           jsonb_populate_record(null::${table}, to_jsonb(t) || $1::jsonb) as r`,
          [JSON.stringify({ [name]: 'nobody', ...(table === 'core.job' && { kind: 'byoc' }) })],
        );
      }
      const surplus = (await verifyAll(worker)).differences;
      for (const [table, name] of odd) {
        const own = surplus.filter(({ relation }) => relation === table);
        expect(own, table).toMatchObject([{ kind: 'surplus', key: { [name]: 'nobody' } }]);
        await admin.query(`delete from ${table} where ${name} = 'nobody'`);
      }

      const gone = [];
      for (const [table, name] of lost) {
        const { rows } = await admin.query(
          `delete from ${table} as t where to_jsonb(t) = (select to_jsonb(o) from ${table} as o limit 1) returning *`,
        );
        gone.push({ table, name, row: rows[0] });
      }
      const missing = (await verifyAll(worker)).differences;
      for (const { table, name, row } of gone) {
        const own = missing.filter(({ relation }) => relation === table);
        expect(own, table).toMatchObject([{ kind: 'missing', key: { [name]: row[name] } }]);
        await admin.query(`insert into ${table} select * from jsonb_populate_record(null::${table}, $1)`, [row]);
        if (table !== 'core.swap') continue;
        const relations = missing.map(({ relation }) => relation);
        expect(relations).toEqual(expect.arrayContaining(['rollup.swap_5m', 'rollup.swap_1h']));
      }
      expect((await verifyAll(worker)).differences).toEqual([]);
    },
  );
});

async function verifyAll(pool: Pool) {
  const differences: RowDifference[] = [];
  const report = await verify({
    pool,
    publicIdKey: KEY,
    from: new Date(OPTIONS.startMs - 24 * HOUR_MS),
    to: AFTERWARDS,
    asOf: AFTERWARDS,
    onDifference: (difference) => differences.push(difference),
    log,
  });
  return { differences, report };
}

/** Where an event was read (`api.job_event_source`) follows the delivery, and a decision's id the writing. */
const isRollup = (relation: string): boolean =>
  relation.startsWith('rollup.') ||
  /^api\.(demand|service|failure|swap|gpu|payment|ticket|byoc|job(?!_decision|_event_source))/.test(relation);

function nowOf(batch: readonly SimulatedMessage[]): Date {
  return new Date(batch.at(-1)?.atMs ?? OPTIONS.startMs);
}
