import type { ClientBase } from 'pg';
import type { ScoringConfigRow } from '../../domain/scoring-book.js';

const CONFIGS = {
  name: 'scoring-config-reader/all',
  text: `select scoring_version as "scoringVersion", gateway, formula, parameters,
  (extract(epoch from valid_from) * 1000)::float8 as "validFromMs"
from config.scoring_config
order by scoring_version, gateway, valid_from`,
};

/** Every scoring configuration there is; they are few. */
export async function readScoringConfigs(db: Pick<ClientBase, 'query'>): Promise<readonly ScoringConfigRow[]> {
  const { rows } = await db.query<ScoringConfigRow>(CONFIGS);
  return rows;
}
