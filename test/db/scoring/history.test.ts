import { Writable } from 'node:stream';
import type { QueryConfig } from 'pg';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runProgram } from '../../../src/cli/program.js';
import { compareBuckets } from '../../../src/jobs/score-buckets.js';
import { readScoringBook } from '../../../src/warehouse/readers/scoring-config-reader.js';
import { readStoredGroups } from '../../../src/warehouse/stores/score-input-store.js';
import { ROLE_PASSWORD } from '../../support/test-database.js';
import { useApi } from '../api/api-under-test.js';
import { HOUR_MS, iso } from '../api/network.js';
import { configure, FIRST, NOW, refresh, resultsOf, score, seedScoredNetwork } from './scored-network.js';

const START = NOW + 2 * HOUR_MS;
const api = useApi(START);
const hour = (hoursAgo: number) => Date.UTC(2026, 0, 10, 12) - hoursAgo * HOUR_MS;
let at = START;
beforeEach(() => {
  at += 60_000;
  api().setNow(at + 1000);
});

/** Runs `naap score` as a shell would, and answers its exit code and what it wrote. */
async function naapScore(...args: string[]): Promise<{ code: number; output: string; words: string }> {
  const written = { output: '', words: '' };
  const sink = (name: keyof typeof written): Writable =>
    new Writable({
      write: (chunk, _encoding, done) => {
        written[name] += String(chunk);
        done();
      },
    });
  const code = await runProgram(['score', ...args], {
    environment: {
      DATABASE_URL: api().database.url(),
      NAAP_ROLE_PASSWORD: ROLE_PASSWORD,
      NAAP_PUBLIC_ID_KEY: 'a key of the public ids, for tests only',
      LOG_LEVEL: 'silent',
    },
    signal: new AbortController().signal,
    stdin: process.stdin,
    stdout: sink('output'),
    stderr: sink('words'),
    isTerminal: false,
    version: '0',
  });
  return { code, ...written };
}
const span = (fromAgo: number, toAgo: number) => ['--from', iso(hour(fromAgo)), '--to', iso(hour(toAgo))];
const lines = (output: string) =>
  output
    .trimEnd()
    .split('\n')
    .filter((line) => line.includes('\t'))
    .slice(1)
    .map((line) => line.split('\t'));

async function countResults(): Promise<number> {
  const { rows } = await api().owner.query<{ count: string }>('select count(*) from core.sla_score');
  return Number(rows[0]?.count);
}

beforeAll(async () => {
  await seedScoredNetwork(api());
  await refresh(api(), START);
  await score(api(), START);
});

test('a span in which no bucket starts is said to be one', async () => {
  const { code, output } = await naapScore('--from', '2026-01-10T07:06:00Z', '--to', '2026-01-10T07:09:00Z');
  expect(code).toBe(0);
  expect(output).toMatch(/^no final bucket .* starts in the span 2026-01-10T07:06:00.000Z to /);
});

describe('naap score --from --to', () => {
  test('finds nothing to change in what is up to date', async () => {
    const before = await countResults();
    const { code, output } = await naapScore(...span(10, 0), '--as-of', iso(at));
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringMatching(
        /^\d\d buckets: 0 results appended, 0 withdrawn; everything said before is kept\n$/,
      ),
    });
    expect(await countResults()).toBe(before);
  });

  test('says what would change and writes nothing, then appends just that and keeps what was said', async () => {
    const scored = at;
    // a change that no mark tells of: what a new release of a rule looks like
    await api().owner.query(
      "update core.session_bucket_1h set startup_success_count = 0 where bucket_start = $1 and session_key like 'a%'",
      [iso(hour(5))],
    );
    await api().owner.query("delete from core.session_bucket_1h where bucket_start = $1 and session_key like 'b%'", [
      iso(hour(5)),
    ]);
    await api().owner.query("select work.mark_buckets('session_bucket_1h', array[$1::timestamptz])", [iso(hour(5))]);
    const before = await countResults();
    const args = [...span(24, 0), '--scoring-version', 'spec-v1', '--as-of', iso(at)];
    const dry = await naapScore(...args, '--dry-run');
    expect(dry.code).toBe(0);
    expect(dry.output).toMatch(/ buckets: 1 results would be appended, 1 withdrawn; nothing was written\n$/);
    const table = lines(dry.output);
    expect(table.map((line) => line.slice(0, 6))).toEqual([
      ['1h', iso(hour(5)), 'spec-v1', 'daydream', FIRST, 'gw-1'],
      ['1h', iso(hour(5)), 'spec-v1', 'daydream', expect.any(String), 'gw-2'],
    ]);
    expect(table.map((line) => line.at(-1))).toEqual([expect.stringMatching(/^\d+\.\d{6}$/), 'withdrawn']);
    expect(await countResults()).toBe(before);

    const real = await naapScore(...args);
    expect(real.output).toMatch(/ buckets: 1 results appended, 1 withdrawn; everything said before is kept\n$/);
    expect(await countResults()).toBe(before + 2);
    const results = await resultsOf(api(), at);
    expect(results.map(({ version }) => version)).toEqual(['spec-v1', 'spec-v1']);
    expect(results.find(({ gateway }) => gateway === 'gw-1')?.score?.toFixed(6)).toBe(table[0]?.at(-1));
    const { data } = await api().query(
      `{ slaScores(scoringVersion: "spec-v1", range: { start: "${iso(hour(5))}", end: "${iso(hour(4))}" }, bucket: HOUR_1, groupBy: [GATEWAY], asOf: "${iso(scored - 1)}") { totalCount } }`,
    );
    expect(data.slaScores.totalCount).toBe(2);

    // the inputs are new for every version, so the job is to score the others
    const marks = await api().owner.query("select width, bucket_start from work.score_mark where width = '1h'");
    expect(marks.rows).toEqual([{ width: '1h', bucket_start: new Date(hour(5)) }]);

    const all = await naapScore(...span(24, 0), '--as-of', iso(at + 1));
    expect(all.output).toMatch(/ buckets: 1 results appended, 1 withdrawn;/); // of the other version
    expect((await resultsOf(api(), at + 1)).map(({ version }) => version)).toEqual([
      'quality-benchmark-v1',
      'quality-benchmark-v1',
    ]);
  });

  test('leaves buckets outside the span alone', async () => {
    await api().owner.query(
      'update core.session_bucket_1h set startup_success_count = 0 where bucket_start = any($1)',
      [[iso(hour(8)), iso(hour(7)), iso(hour(6))]],
    );
    await api().owner.query("select work.mark_buckets('session_bucket_1h', $1::timestamptz[])", [
      [iso(hour(8)), iso(hour(7)), iso(hour(6))],
    ]);
    const { output } = await naapScore(...span(7, 6), '--as-of', iso(at), '--dry-run');
    expect(new Set(lines(output).map((line) => line[1]))).toEqual(new Set([iso(hour(7))]));
  });

  test('withdraws nothing when retention runs while it reads', async () => {
    const { owner, worker } = api();
    const startMs = hour(20);
    const client = await worker.connect();
    const query = client.query.bind(client);
    Object.assign(client, {
      query: async (...args: readonly unknown[]) => {
        const [first] = args as readonly [QueryConfig];
        if (first.name === 'score-input-store/read-groups-1h') {
          await owner.query('update work.floor set core_floor = $1', [iso(startMs + HOUR_MS)]);
          await owner.query('delete from core.session_bucket_1h where bucket_start = $1', [iso(startMs)]);
          await owner.query("select work.mark_buckets('session_bucket_1h', array[$1::timestamptz])", [iso(startMs)]);
        }
        return Reflect.apply(query, client, args);
      },
    });
    const asOf = new Date(at);
    try {
      const book = await readScoringBook(client);
      const parts = compareBuckets(client, [{ width: '1h', startMs }], { asOf, stamp: asOf, book });
      const { value } = await parts.next();
      expect(value).toEqual({ bucketCount: 1, changes: { inputs: [], scores: [] } });
      await parts.return();
      expect((await readStoredGroups(client, '1h', [startMs])).length).toBeGreaterThan(0);
    } finally {
      client.release(true);
      await owner.query("update work.floor set core_floor = '2000-01-01Z'");
    }
  });

  test('takes hours whose rollups are past their retention from their stored inputs', async () => {
    await api().owner.query('update work.floor set core_floor = $1', [iso(hour(12))]);
    await api().owner.query('delete from core.session_bucket_1h where bucket_start < $1', [iso(hour(12))]);
    await api().owner.query(
      "select work.mark_buckets('session_bucket_1h', array(select generate_series($1::timestamptz, $2::timestamptz, '1 hour')))",
      [iso(hour(30)), iso(hour(12) - 1)],
    );
    const quiet = await naapScore(...span(30, 13), '--as-of', iso(at), '--dry-run');
    expect(quiet.output).toMatch(/ 0 results would be appended, 0 withdrawn;/);
    await configure(api(), {
      version: 'spec-v1',
      parameters: { jitterWeight: 0 },
      validFromMs: hour(20),
      knownMs: at,
    });
    const { output } = await naapScore(...span(30, 13), '--as-of', iso(at), '--dry-run');
    const hours = lines(output).filter(([width]) => width === '1h');
    expect(hours.length).toBeGreaterThan(5);
    expect(hours.every((line) => line.at(-1) !== 'withdrawn')).toBe(true);
    await api().owner.query("update work.floor set core_floor = '2000-01-01Z'");
  });

  test.each([
    [['--from', iso(hour(5))], '--from and --to go together'],
    [['--dry-run'], 'go with --from and --to'],
    [['--scoring-version', 'spec-v1'], 'go with --from and --to'],
    [span(5, 6), 'is not after'],
    [[...span(6, 5), '--scoring-version', 'v9'], '"v9" is not known; stored are quality-benchmark-v1, spec-v1'],
    [[...span(6, 5), '--as-of', iso(NOW - 30 * HOUR_MS)], 'is before the newest stored result'],
    [['--from', 'yesterday', '--to', iso(NOW)], 'Wanted an instant'],
  ])('%j is a wrong call: exit code 2', async (args, message) => {
    const { code, words, output } = await naapScore(...args);
    expect(code).toBe(2);
    expect(words).toContain(message);
    expect(output).toBe('');
  });

  test('a version that is not stored has no history to recompute', async () => {
    await configure(api(), { version: 'mine', formula: 'spec-v1', validFromMs: hour(30), knownMs: at });
    const { code, words } = await naapScore(...span(6, 5), '--scoring-version', 'mine', '--as-of', iso(at));
    expect(code).toBe(2);
    expect(words).toContain('scoring version mine is not stored');
  });
});
