import { Writable } from 'node:stream';
import type { Pool } from 'pg';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '../../../src/cli/program.js';
import { ROLE_PASSWORD } from '../../support/test-database.js';
import { ingestFacts, readCore } from './fact-writer.js';
import { KEY, type ResolverUnderTest, useResolver } from './resolver-harness.js';
import { longStream, MINUTE, sighting, T0 } from './session-samples.js';

const underTest = useResolver();
let admin: Pool;
let under: ResolverUnderTest;

beforeAll(() => {
  under = underTest();
  admin = under.admin;
});
beforeEach(() => under.empty());

class Text extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function naap(...args: readonly string[]): Promise<{ code: number; output: string; words: string }> {
  const [stdout, stderr] = [new Text(), new Text()];
  const code = await runProgram(['resolve', ...args], {
    environment: {
      DATABASE_URL: under.database.url(),
      NAAP_ROLE_PASSWORD: ROLE_PASSWORD,
      NAAP_PUBLIC_ID_KEY: KEY,
      LOG_LEVEL: 'silent',
    },
    signal: new AbortController().signal,
    stdin: process.stdin,
    stdout,
    stderr,
    isTerminal: false,
    version: '0.0.0',
  });
  return { code, output: stdout.text, words: stderr.text };
}

const SPAN = ['--from', '2026-01-08T12:00:00Z', '--to', '2026-01-08T12:10:00Z'] as const;

async function everything() {
  const marks = await admin.query('select * from work.session_mark order by mark_id');
  const sightings = await admin.query('select * from work.sighting_mark order by mark_id');
  return { core: await readCore(admin), marks: marks.rows, sightings: sightings.rows };
}

describe('naap resolve --dry-run', () => {
  it('says how much each mode would touch, as the run then does, and writes nothing', async () => {
    await ingestFacts(admin, longStream(12), [sighting(0, T0 - MINUTE)]);
    const before = await everything();
    const tail = await naap('--dry-run');
    expect(tail).toMatchObject({ code: 0, words: '' });
    expect(tail.output).toBe(
      'tail would resolve 1 sessions from 73 events, 0 payments, 0 jobs, 0 discoveries, 0 tickets, 0 BYOC authorisations, 0 BYOC worker events, work off 4 marks, and touch 3 5-minute and 1 hourly buckets; nothing was written\n',
    );
    expect((await naap('--mode', 'auto', '--dry-run')).output).toMatch(/^auto would resolve 1 sessions from 73 events/);
    expect(await everything()).toEqual(before);

    await under.drain();
    const resolved = await everything();
    expect((await naap('--dry-run')).output).toMatch(
      /^tail would resolve 0 sessions from 0 events, 0 payments, 0 jobs, 0 discoveries, 0 tickets, 0 BYOC authorisations, 0 BYOC worker events, work off 0 marks/,
    );
    expect((await naap('--mode', 'bootstrap', '--dry-run')).output).toBe(
      'bootstrap would resolve 1 sessions from 73 events, 0 payments, 0 jobs, 0 discoveries, 0 tickets, 0 BYOC authorisations, 0 BYOC worker events, work off 0 marks, and touch 3 5-minute and 1 hourly buckets; nothing was written\n',
    );
    // two slices of the three, whole
    expect((await naap('--mode', 'repair', ...SPAN, '--dry-run')).output).toBe(
      'repair would resolve 1 sessions from 49 events, 0 payments, 0 jobs, 0 discoveries, 0 tickets, 0 BYOC authorisations, 0 BYOC worker events, work off 2 marks, and touch 2 5-minute and 1 hourly buckets; nothing was written\n',
    );
    expect(await everything()).toEqual(resolved);
    const repaired = await under.modes().repair({ from: new Date(SPAN[1]), to: new Date(SPAN[3]) });
    expect(repaired).toMatchObject({ sessionCount: 1, eventCount: 49, markCount: 2 });
  });
});

describe('naap resolve --mode verify', () => {
  it('ends with 0 when every row is as a recount says, and with 1 and the row and column when one is not', async () => {
    await ingestFacts(admin, longStream(12), [sighting(0, T0 - MINUTE)]);
    const waiting = await naap('--mode', 'verify', ...SPAN);
    expect(waiting.code).toBe(0);
    expect(waiting.output).toMatch(
      /verified 0 sessions .* 0 differences; 1 sessions, 0 payments, 0 jobs, 0 discoveries, 0 tickets, 0 BYOC authorisations, 0 BYOC worker events and 1 keys wait to be resolved/,
    );
    await under.drain();
    const healthy = await naap('--mode', 'verify');
    expect(healthy).toMatchObject({ code: 0, words: '' });
    expect(healthy.output).toBe(
      'verified 1 sessions of 73 events, 0 payments, 0 jobs, 0 discoveries, 0 tickets, 0 BYOC authorisations, 0 BYOC worker events, the capability runs of 1 keys, the rollups, the scores of 0 buckets and the benchmarks of 0 days: 0 differences; 0 sessions, 0 payments, 0 jobs, 0 discoveries, 0 tickets, 0 BYOC authorisations, 0 BYOC worker events and 0 keys wait to be resolved, 1 buckets to be scored, 1 days to be benchmarked, 0 of them could not be recomputed\n',
    );
    await admin.query(`insert into work.gateway_mark (gateway) values ('one'), ('other'), ('one')`);
    const changed = await naap('--mode', 'verify');
    expect(changed).toMatchObject({ code: 0, output: `${healthy.output}2 gateways wait to be applied\n` });
    await under.drain();
    await admin.query('update core.segment set service_ms = service_ms + 1');
    const odd = await naap('--mode', 'verify', ...SPAN);
    expect(odd.code).toBe(1);
    expect(odd.output).toMatch(
      /^core\.segment org=daydream ordinal=0 session_key=stream-1\|request-1: service_ms is 710001, wanted 710000\n/,
    );
    expect(odd.words).toContain('[ROWS_DIFFER]');
    const later = await naap('--mode', 'verify', '--from', '2026-01-09', '--to', '2026-01-10');
    expect(later.code).toBe(0);
  });

  it('says in its help all that it looks at, and which modes want a span', async () => {
    const { output } = await naap('--help');
    expect(output.replace(/\s+/g, ' ')).toContain(
      'recomputes capability runs, sessions, payments, jobs and messages of a span, or of all raw retention, from facts, rollups from what they count, benchmarks and scores from rollups',
    );
    expect(output).toMatch(/repair .* from --from to --to; wants both/);
  });

  it('does not go with --dry-run, nor a span with modes that have none', async () => {
    expect(await naap('--mode', 'verify', '--dry-run')).toMatchObject({ code: 2 });
    expect(await naap('--mode', 'tail', ...SPAN)).toMatchObject({ code: 2 });
    expect(await naap('--mode', 'verify', '--from', '2026-01-09')).toMatchObject({ code: 2 });
  });
});

describe('sessions that an older version stored', () => {
  const store = (change: string) =>
    admin.query(`update core.session set fold_version = fold_version ${change}, error_count = 99`);
  const WORDS = '1 sessions were stored by an older version and not compared; run naap resolve --mode bootstrap';

  it('are counted by a verification under a code of their own, and made anew by auto [PARITY-002]', async () => {
    await ingestFacts(admin, longStream(12), [sighting(0, T0 - MINUTE)]);
    await under.drain();
    const right = await readCore(admin);
    await store('- 1');
    const verified = await naap('--mode', 'verify');
    expect(verified.code).toBe(1);
    expect(verified.output).toMatch(/^verified 0 sessions of 73 events.*: 0 differences/);
    expect(verified.output).toContain(`\n${WORDS}\n`);
    expect(verified.words).toContain('[STORED_BY_OLDER_VERSION]');
    expect((await naap('--mode', 'auto', '--dry-run')).output).toMatch(/^auto would resolve 1 sessions from 73 events/);
    expect((await naap('--dry-run')).output).toMatch(/^tail would resolve 0 sessions/);
    expect(await naap('--mode', 'auto')).toMatchObject({ code: 0, output: 'auto done\n' });
    expect(await readCore(admin)).toEqual(right);
    expect(await naap('--mode', 'verify')).toMatchObject({ code: 0 });
  });

  it('do not hide what others differ in', async () => {
    const other = { streamId: 'other', requestId: 'other' };
    const events = longStream(2, 0, other).map((event) => ({ ...event, eventId: `other-${event.eventId}` }));
    await ingestFacts(admin, [...longStream(12), ...events], [sighting(0, T0 - MINUTE)]);
    await under.drain();
    await admin.query(
      `update core.session set error_count = 99, fold_version = fold_version - (request_id = 'other')::int`,
    );
    const verified = await naap('--mode', 'verify');
    expect(verified.output).toMatch(
      /^core\.session .*session_key=stream-1\|request-1: error_count is 99, wanted 0\nverified/,
    );
    expect(verified.output).toContain(WORDS);
    expect(verified.words).toContain('[ROWS_DIFFER]');
  });

  it('are none of what a newer one stored', async () => {
    await ingestFacts(admin, longStream(12), [sighting(0, T0 - MINUTE)]);
    await under.drain();
    await store('+ 1');
    expect((await naap('--mode', 'verify')).words).toContain('[ROWS_DIFFER]');
  });

  it('have auto rebuild only when that can change them', async () => {
    await ingestFacts(admin, longStream(12), [sighting(0, T0 - MINUTE)]);
    await under.drain();
    await store('- 1');
    await admin.query(`update work.floor set raw_floor = '2026-01-09Z'`);
    expect((await naap('--mode', 'auto', '--dry-run')).output).toMatch(/^auto would resolve 0 sessions/);
    await admin.query(`update work.floor set raw_floor = '2026-01-01Z'`);
    await admin.query(`insert into work.parked_session
      select org, session_key, session_id, 0, '{}', true, 'refused', '', 1, now(), now(), now() from core.session`);
    expect((await naap('--mode', 'auto', '--dry-run')).output).toMatch(/^auto would resolve 0 sessions/);
  });
});

describe('naap resolve', () => {
  it('ends with 1 when a session had to be parked, in every mode that writes', async () => {
    await ingestFacts(admin, longStream(12), [sighting(0, T0 - MINUTE)]);
    await admin.query(`update fact.capability_content set content = '{}'`);
    for (const mode of [['tail'], ['repair', ...SPAN], ['bootstrap']]) {
      const run = await naap('--mode', ...mode);
      expect(run).toMatchObject({ code: 1, output: `${mode[0]} done\n` });
      expect(run.words).toContain('1 sessions could not be resolved and are parked');
    }
  });
});
