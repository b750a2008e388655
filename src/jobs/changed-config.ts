import type { PoolClient } from 'pg';
import {
  configApplies,
  configRowAt,
  type ModelTargetRow,
  type ScoringBook,
  type ScoringConfigRow,
  targetRowAt,
  validUntilMs,
} from '../domain/scoring-book.js';
import {
  type AppliedConfig,
  addAppliedConfig,
  readAppliedConfig,
  readScoredBuckets,
  removeAppliedConfig,
} from '../warehouse/stores/applied-config-store.js';
import type { ScoreBucket } from '../warehouse/stores/score-input-store.js';
import { markBuckets } from '../warehouse/stores/score-store.js';

/** Configuration made known since the last run of scoring, and the stored buckets that it changes. */
interface ChangedConfig {
  readonly begun: readonly AppliedConfig[];
  readonly ended: readonly AppliedConfig[];
  readonly buckets: readonly ScoreBucket[];
}

/**
 * Marks exactly the stored buckets that configuration made known since the last run changes, once for each row: those
 * of stored versions in which the row is the one in force. Scoring then appends what differs.
 */
export async function markChangedConfig(client: PoolClient, book: ScoringBook): Promise<void> {
  const { begun, ended, buckets } = await readChangedConfig(client, book);
  await markBuckets(client, buckets);
  await removeAppliedConfig(client, ended);
  await addAppliedConfig(client, begun);
}

/** What `markChangedConfig` would mark. */
export async function readChangedConfig(client: PoolClient, book: ScoringBook): Promise<ChangedConfig> {
  const applied = await readAppliedConfig(client);
  const isApplied = (kind: AppliedConfig['kind'], id: string): boolean =>
    applied.some((row) => row.kind === kind && row.id === id);
  const configs = book.configs.filter(({ configId }) => !isApplied('scoring_config', configId));
  const targets = book.targets.filter(({ targetId }) => !isApplied('model_target', targetId));
  const versions = book.storedVersions.filter((version) => !isApplied('scoring_version', version));
  const ended = applied.filter(({ kind, id }) => kind === 'scoring_version' && !book.storedVersions.includes(id));
  const buckets: ScoreBucket[] = [];
  if (versions.length + ended.length > 0) {
    buckets.push(...(await readScoredBuckets(client, { fromMs: 0, untilMs: null })));
  } else {
    for (const row of configs) buckets.push(...(await bucketsOfConfig(client, book, row)));
    for (const row of targets) buckets.push(...(await bucketsOfTarget(client, book, row)));
  }
  const begun = [
    ...configs.map(({ configId }): AppliedConfig => ({ kind: 'scoring_config', id: configId })),
    ...targets.map(({ targetId }): AppliedConfig => ({ kind: 'model_target', id: targetId })),
    ...versions.map((id): AppliedConfig => ({ kind: 'scoring_version', id })),
  ];
  return { begun, ended, buckets };
}

async function bucketsOfConfig(
  client: PoolClient,
  { configs, storedVersions }: ScoringBook,
  row: ScoringConfigRow,
): Promise<readonly ScoreBucket[]> {
  const { scoringVersion } = row;
  if (!storedVersions.includes(scoringVersion)) return [];
  const siblings = configs.filter((one) => one.scoringVersion === scoringVersion && one.gateway === row.gateway);
  const buckets = await readScoredBuckets(client, {
    fromMs: row.validFromMs,
    untilMs: validUntilMs(siblings, row),
    gateway: row.gateway === '' ? undefined : row.gateway,
  });
  return buckets.filter(({ gateway, startMs }) =>
    configApplies(configs, row, { scoringVersion, gateway, atMs: startMs }),
  );
}

async function bucketsOfTarget(
  client: PoolClient,
  { configs, targets, storedVersions }: ScoringBook,
  row: ModelTargetRow,
): Promise<readonly ScoreBucket[]> {
  const { pipeline, model } = row;
  const siblings = targets.filter((one) => one.pipeline === pipeline && one.model === model);
  const untilMs = validUntilMs(siblings, row);
  const buckets = await readScoredBuckets(client, { fromMs: row.validFromMs, untilMs, pipeline, model });
  return buckets.filter(({ gateway, startMs }) => {
    const knowsTargets = storedVersions.some(
      (scoringVersion) => configRowAt(configs, { scoringVersion, gateway, atMs: startMs })?.formula === 'spec-v1',
    );
    return knowsTargets && targetRowAt(targets, { pipeline, model, atMs: startMs }) === row;
  });
}
