import { beforeAll, expect, test } from 'vitest';
import { olderHash } from '../../../src/domain/scoring-results.js';
import type { SlaInputs } from '../../../src/domain/sla-inputs.js';
import type { Subscore } from '../../../src/domain/sla-score.js';
import { useApi } from '../api/api-under-test.js';
import { NOW, score, seedScoredNetwork } from './scored-network.js';

const api = useApi(NOW);

interface StoredResult {
  readonly score_id: string;
  readonly score: number | null;
  readonly subscores: readonly Subscore[];
  readonly inputs: SlaInputs;
}

beforeAll(async () => {
  await seedScoredNetwork(api());
  await score(api(), NOW);
});

const countScores = async () =>
  (await api().owner.query<{ count: number }>('select count(*)::integer as count from core.sla_score')).rows[0]?.count;

async function markAll(): Promise<void> {
  await api().owner.query(
    'insert into work.score_mark (width, bucket_start) select distinct width, bucket_start from core.sla_input_current',
  );
}

test('results that an older release hashed are not appended again, and those that changed are', async () => {
  const { owner } = api();
  const { rows } = await owner.query<StoredResult>(`
    select s.score_id::text, s.score::float8 as score, s.subscores, i.inputs
    from core.sla_score_current as c join core.sla_score as s using (score_id) join core.sla_input as i using (input_id)`);
  expect(rows.length).toBeGreaterThan(20);
  const hashes = rows.map(({ inputs, ...result }) => ({ id: result.score_id, hash: olderHash(result, inputs) }));
  const { rows: older } = await owner.query(
    `update core.sla_score_current as c set result_hash = r.hash
    from jsonb_to_recordset($1::jsonb) as r (id bigint, hash text) where c.score_id = r.id returning c.score_id`,
    [JSON.stringify(hashes)],
  );
  expect(older).toHaveLength(rows.length);
  const before = await countScores();
  await markAll();
  await score(api(), NOW);
  expect(await countScores()).toBe(before);

  await owner.query("update core.sla_score_current set result_hash = repeat('0', 32)");
  await markAll();
  await score(api(), NOW);
  expect(await countScores()).toBe((before ?? 0) + rows.length);
});
