import { scoreFinalBuckets } from '../../../src/jobs/score-sla.js';
import { createLog } from '../../../src/log.js';
import { readEngine } from '../../../src/warehouse/engines/engine.js';
import { refreshRollups } from '../../../src/warehouse/rollup-refresher.js';
import { readReleaseRollups } from '../../../src/warehouse/rollup-release.js';
import type { ApiUnderTest } from '../api/api-under-test.js';
import { HOUR_MS, iso, ORCHESTRATORS, type SeedSession, seedOrchestrators, seedSessions } from '../api/network.js';

export const NOW = Date.UTC(2026, 0, 10, 12, 30);
export const log = createLog({ level: 'silent', format: 'json' });
export const [FIRST = '', SECOND = ''] = ORCHESTRATORS;

/** A day and a half, each hour one good session through gw-1 and one bad through gw-2, on two models and GPUs. */
export function scoredSessions(hours = 36): readonly SeedSession[] {
  return Array.from({ length: hours }, (_, hour): readonly SeedSession[] => [
    {
      id: `a${hour}`,
      startedMs: NOW - hour * HOUR_MS - 60_000,
      orchestrator: FIRST,
      gateway: 'gw-1',
      gpu: 'gpu_1',
      fps: [24, 25, 26, 24, 25, 26],
      e2eMs: 800 + hour,
      ptffMs: 3000,
    },
    {
      id: `b${hour}`,
      startedMs: NOW - hour * HOUR_MS - 120_000,
      orchestrator: SECOND,
      gateway: 'gw-2',
      model: hour % 2 === 0 ? 'sd' : 'other',
      gpu: `gpu_${hour % 3}`,
      region: 'eu',
      fps: [4, 11, 18, 4, 11, 18],
      e2eMs: 4000 + hour,
      ptffMs: 9000,
      swaps: hour % 2,
      outcome: hour % 3 === 0 ? 'failed' : 'success',
    },
  ]).flat();
}

export async function seedScoredNetwork(api: ApiUnderTest, sessions = scoredSessions()): Promise<void> {
  await seedOrchestrators(api.owner, ORCHESTRATORS, NOW - 9 * 24 * HOUR_MS);
  await seedSessions(api.owner, sessions);
  await refresh(api, NOW);
}

export async function refresh({ owner: session }: ApiUnderTest, asOfMs: number): Promise<void> {
  const [engine, rollups] = [await readEngine(session), await readReleaseRollups()];
  await refreshRollups({ session, engine, rollups, asOf: new Date(asOfMs), ignoresPace: true, log });
}

export const score = (api: ApiUnderTest, asOfMs: number) =>
  scoreFinalBuckets({ pool: api.worker, asOf: new Date(asOfMs) });

/** A row of configuration as an operator writes it. */
export async function configure(
  { owner }: ApiUnderTest,
  row: {
    readonly version: string;
    readonly gateway?: string;
    readonly formula?: string;
    readonly parameters?: Readonly<Record<string, unknown>>;
    readonly validFromMs: number;
    readonly knownMs: number;
    readonly isRetired?: boolean;
  },
): Promise<void> {
  await owner.query(
    `insert into config.scoring_config (scoring_version, gateway, formula, parameters, valid_from, known_at, is_retired)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      row.version,
      row.gateway ?? '',
      row.formula ?? row.version,
      JSON.stringify(row.parameters ?? {}),
      iso(row.validFromMs),
      iso(row.knownMs),
      row.isRetired ?? false,
    ],
  );
}

export interface StoredResult {
  readonly width: string;
  readonly startMs: number;
  readonly gateway: string;
  readonly model: string;
  readonly version: string;
  readonly score: number | null;
  readonly isWithdrawn: boolean;
}

/** Results computed at an instant. */
export async function resultsOf({ owner }: ApiUnderTest, computedMs: number): Promise<readonly StoredResult[]> {
  const { rows } = await owner.query<StoredResult>(
    `select width, (extract(epoch from bucket_start) * 1000)::float8 as "startMs", gateway, model,
       scoring_version as version, score::float8 as score, is_withdrawn as "isWithdrawn"
     from api.sla_score where computed_at = $1 order by score_id`,
    [iso(computedMs)],
  );
  return rows;
}
