import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveOwner } from '../../src/cli/data-folder.js';
import { findRunningPostgres, stopOrphan } from '../../src/cli/embedded-postgres.js';
import { createLog } from '../../src/log.js';
import { freePort } from '../support/free-port.js';
import { waitFor } from '../support/wait-for.js';
import { type Answer, createApiClient, listeningUrl, type RunningNaap, startNaap } from './naap.js';

const DAY_MS = 86_400_000;
const silent = createLog({ level: 'silent', format: 'json' });

const METRIC = '{ value nullReason sampleCount }';
/** Everything that is the same wherever and whenever the same events are resolved. */
const PAST = `query ($range: TimeRangeInput) {
  sessions(startedIn: $range, first: 100, synthetic: INCLUDE) { totalCount edges { node {
    sessionId org gateway startedAt lastSeenAt startupOutcome selectionOutcome excusal isSynthetic isZeroOutput isLoadingOnly
    orchestratorAddress pipeline model gpuId attributionOutcome statusSampleCount averageFps ${METRIC}
    explicitSwapCount inferredSwapCount
    latencies { startupMs ${METRIC} e2eMs ${METRIC} ptffMs ${METRIC} }
    milestones { milestone at ownAt eventId }
    segments { ordinal startedAt endedAt attributionOutcome attributionMethod attributionReason orchestratorAddress orchestratorUri }
    swaps { swappedAt isExplicit reasonClass fromAddress toAddress eventId }
  } } }
  networkDemand(range: $range, bucket: HOUR_1, groupBy: [PIPELINE, MODEL], synthetic: INCLUDE) {
    edges { node { pipeline model points { start metrics {
      knownCount requestedCount startupSuccessCount effectiveFailedCount swappedCount noOrchestratorCount
    } } } }
  }
  serviceMetrics(range: $range, bucket: MINUTE_5, groupBy: [ORCHESTRATOR, GPU], synthetic: INCLUDE) {
    edges { node { orchestratorAddress gpuId metrics {
      requestedCount statusSampleCount averageFps ${METRIC} p95Fps ${METRIC} serviceMinutes ${METRIC} e2e { p95Ms ${METRIC} }
    } } }
  }
  slaScores(range: $range, bucket: HOUR_1, groupBy: [ORCHESTRATOR, MODEL]) {
    edges { node { orchestratorAddress model points { start score { value ${METRIC} isFinal scoringVersion } } } }
  }
}`;
/** When things were decided and computed: the same only where nothing was done again. */
const WHEN = `query ($range: TimeRangeInput) {
  sessions(startedIn: $range, first: 100) { edges { node { sessionId decisions { decidedAt supersededAt outcome } } } }
  slaScores(range: $range, bucket: HOUR_1, groupBy: [ORCHESTRATOR]) {
    edges { node { orchestratorAddress score { computedAt } points { score { computedAt } } } }
  }
}`;

/** A data folder with at most one `naap dev` in it. */
interface DevFolder {
  readonly path: string;
  start(options?: { readonly port?: number }): RunningNaap;
  /** Rows as the administrator, while its database runs. */
  rows(text: string, values?: readonly unknown[]): Promise<readonly Answer[]>;
  remove(): Promise<void>;
}

async function createDevFolder(): Promise<DevFolder> {
  const path = await mkdtemp(join(tmpdir(), 'naap-test-dev-'));
  let naap: RunningNaap | undefined;
  return {
    path,
    start({ port = 0 } = {}) {
      naap = startNaap(['dev', '--history-days', '1'], {
        NAAP_DATA_DIR: path,
        HTTP_PORT: String(port),
        NAAP_PUBLIC_ID_KEY: 'a key of the public ids, for tests only',
      });
      return naap;
    },
    async rows(text, values = []) {
      const client = new pg.Client({ connectionString: (await findRunningPostgres(path)) ?? undefined });
      await client.connect();
      try {
        return (await client.query(text, [...values])).rows;
      } finally {
        await client.end();
      }
    },
    async remove() {
      await naap?.end('SIGKILL');
      await stopOrphan(join(path, 'postgres'), silent);
      await rm(path, { recursive: true, force: true });
    },
  };
}

interface Past {
  /** When the simulated history begins: at a midnight before the first start, whenever that was. */
  readonly beginAt: string;
  readonly answers: string;
  readonly when: string;
  readonly eventCount: number;
}

/**
 * What the folder's API and database say about the recorded hour and the first half day of the simulated history, which
 * no live event touches.
 */
async function readPast(folder: DevFolder, naap: RunningNaap): Promise<Past> {
  const api = createApiClient(await listeningUrl(naap));
  const recorded = { start: '2026-01-08T21:00:00Z', end: '2026-01-08T22:00:00Z' };
  const [{ begin_at: beginAt }] = await folder.rows(
    `select split_part(topic, '/from-', 2) as begin_at from raw.source where topic like 'network_events/steady-%'`,
  );
  const closed = { start: beginAt, end: new Date(Date.parse(beginAt) + DAY_MS / 2).toISOString() };
  const answers = [];
  for (const range of [closed, recorded]) answers.push(await api.ask(PAST, { range }));
  const [{ n }] = await folder.rows('select count(*)::int as n from raw.event where event_at < $1', [closed.end]);
  const when = await api.ask(WHEN, { range: closed });
  return { beginAt, answers: JSON.stringify(answers, null, 1), when: JSON.stringify(when, null, 1), eventCount: n };
}

/** The past of a first start now, for when a midnight has passed since the other one. */
async function readUndisturbed(): Promise<Past> {
  const folder = await createDevFolder();
  try {
    const naap = folder.start();
    const past = await readPast(folder, naap);
    await naap.end('SIGTERM');
    return past;
  } finally {
    await folder.remove();
  }
}

describe('naap dev', () => {
  let folder: DevFolder;
  let first: RunningNaap;
  let past: Past;

  beforeAll(async () => {
    folder = await createDevFolder();
  });
  afterAll(() => folder?.remove());

  it('answers on the port it was given, and prints every URL it serves', async () => {
    const port = await freePort();
    first = folder.start({ port });
    const url = await listeningUrl(first);
    expect(url).toBe(`http://127.0.0.1:${port}`);
    await waitFor(() => first.output().includes('Ctrl-C stops it'), { what: 'the list of URLs' });
    for (const path of ['/graphql', '/schema.graphql', '/v1/sla/score?window=24h', '/metrics']) {
      expect(first.output()).toContain(`${url}${path}`);
      const headers = { accept: 'text/html, */*' };
      expect((await fetch(`${url}${path}`, { headers })).status, path).toBe(200);
    }
    expect(first.output()).toMatch(/postgres:\/\/naap_reader:\S+@127\.0\.0\.1:\d+\/postgres/);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('shows scored history and the recorded session at its first answer', async () => {
    past = await readPast(folder, first);
    const [simulated, recorded] = JSON.parse(past.answers);
    expect(simulated.sessions.totalCount).toBeGreaterThan(100);
    expect(simulated.slaScores.edges.length).toBeGreaterThan(3);
    expect(recorded.sessions.edges).toMatchObject([
      { node: { orchestratorAddress: '0xd00354656922168815fcd1e51cbddb9e359e3c7f', startupOutcome: 'SUCCESS' } },
    ]);
  });

  it('shows sessions as they happen, a handful live at any time', async () => {
    const api = createApiClient(await listeningUrl(first));
    const beganAt = new Date();
    const live = await waitFor(
      async () => {
        const { sessions } = await api.ask(`{ sessions(first: 50) { edges { node {
          startedAt lastSeenAt state orchestratorAddress statusSampleCount
        } } } }`);
        const nodes = sessions.edges.map(({ node }: Answer) => node);
        const arrived = nodes.filter((node: Answer) => new Date(node.startedAt) > beganAt);
        const isServed = arrived.some(
          (node: Answer) => node.orchestratorAddress !== null && node.statusSampleCount > 0,
        );
        const live = nodes.filter((node: Answer) => node.state === 'LIVE').length;
        return isServed && live >= 2 ? live : undefined;
      },
      { what: 'a session that began after the first answer to be served, beside another', intervalMs: 250 },
    );
    expect(live).toBeGreaterThanOrEqual(2);
  });

  it('serves GraphiQL from this machine alone, with example queries', async () => {
    const url = await listeningUrl(first);
    const page = await (await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } })).text();
    expect(page).toContain('<title>naap-data-api</title>');
    expect(page).toContain('slaScores(groupBy');
    expect(page).not.toMatch(/<(script|link|img|iframe)[^>]+(src|href)=["']?(https?:)?\/\//i);
    expect(page).not.toMatch(/\bimport\s*\(?\s*["']https?:/);
    expect(page).not.toMatch(/unpkg\.com|jsdelivr\.net|cdnjs|esm\.sh/);
  });

  it('ends on Ctrl-C in good order, database and all', async () => {
    expect(await first.end('SIGINT')).toBe(0);
    expect(await liveOwner(folder.path)).toBeNull();
    expect(existsSync(join(folder.path, 'postgres', 'postmaster.pid'))).toBe(false);
    expect(first.words()).not.toMatch(/"level":(50|60)/);
  });

  it('adds nothing to the past on a second start, loses nothing to retention, and decides and scores nothing anew', async () => {
    const second = folder.start();
    await listeningUrl(second);
    await folder.rows("select work.request_job('maintenance', interval '0')");
    await waitFor(
      async () => (await folder.rows("select from graphile_worker.jobs where key = 'maintenance'")).length === 0,
      { what: 'the hourly maintenance' },
    );
    expect(second.words()).toContain('retention applied');
    expect(await readPast(folder, second)).toEqual(past);
    const [counts] = await folder.rows(`
      select sum(message_count) filter (where verdict = 'duplicate')::int as duplicates,
        sum(message_count) filter (where verdict = 'rejected')::int as rejected from raw.tally`);
    expect(counts).toEqual({ duplicates: null, rejected: null });
    expect(await second.end('SIGKILL')).toBeNull();
  });

  it('says the same after a kill -9, which leaves its database behind', async () => {
    expect(await findRunningPostgres(folder.path)).not.toBeNull();
    const third = folder.start();
    expect(await readPast(folder, third)).toEqual(past);
    expect(await third.end('SIGINT')).toBe(0);
    expect(existsSync(join(folder.path, 'postgres', 'postmaster.pid'))).toBe(false);
  });

  it('killed in the middle of its history, goes on to the same past', async () => {
    const killed = await createDevFolder();
    try {
      const doomed = killed.start();
      await waitFor(
        async () => {
          const [row] = await killed.rows(
            `select coalesce(sum(next_offset), 0)::int as n from raw.source where cluster_id = 'simulator'`,
          );
          return row.n > 0;
        },
        { what: 'simulated history' },
      );
      await doomed.end('SIGKILL');
      expect(doomed.words()).not.toContain('simulated history ingested');
      const again = killed.start();
      const { beginAt, answers, eventCount } = await readPast(killed, again);
      expect(await again.end('SIGTERM')).toBe(0);
      const undisturbed = past.beginAt === beginAt ? past : await readUndisturbed();
      expect(beginAt).toBe(undisturbed.beginAt);
      expect(answers).toEqual(undisturbed.answers);
      expect(eventCount).toBe(undisturbed.eventCount);
    } finally {
      await killed.remove();
    }
  });
});
