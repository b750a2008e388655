import type { ClientBase } from 'pg';
import type { ModelTargetRow, ScoringBook, ScoringConfigRow } from '../../domain/scoring-book.js';

const CONFIGS = {
  name: 'scoring-config-reader/configs',
  text: `select config_id::text as "configId", scoring_version as "scoringVersion", gateway, formula, parameters,
  is_retired as "isRetired", (extract(epoch from valid_from) * 1000)::float8 as "validFromMs",
  (extract(epoch from known_at) * 1000)::float8 as "knownAtMs"
from config.scoring_config
order by config_id`,
};
const TARGETS = {
  name: 'scoring-config-reader/targets',
  text: `select target_id::text as "targetId", pipeline, model, fps_target::float8 as "fpsTarget",
  e2e_p50_target_ms as "e2eP50TargetMs", e2e_p95_target_ms as "e2eP95TargetMs",
  ptff_p50_target_ms as "ptffP50TargetMs", ptff_p95_target_ms as "ptffP95TargetMs",
  (extract(epoch from valid_from) * 1000)::float8 as "validFromMs",
  (extract(epoch from known_at) * 1000)::float8 as "knownAtMs"
from config.model_target
order by target_id`,
};
const STORED = {
  name: 'scoring-config-reader/stored-versions',
  text: 'select scoring_version as version from config.scoring_version where is_stored order by scoring_version',
};

/** Everything scores were ever configured by; the rows are few. */
export async function readScoringBook(db: Pick<ClientBase, 'query'>): Promise<ScoringBook> {
  const configs = await db.query<ScoringConfigRow>(CONFIGS);
  const targets = await db.query<ModelTargetRow>(TARGETS);
  const stored = await db.query<{ version: string }>(STORED);
  return { configs: configs.rows, targets: targets.rows, storedVersions: stored.rows.map(({ version }) => version) };
}
