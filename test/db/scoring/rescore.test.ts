import { beforeAll, describe, expect, test } from 'vitest';
import { useApi } from '../api/api-under-test.js';
import { iso } from '../api/network.js';
import { NOW, score, seedScoredNetwork } from './scored-network.js';

const api = useApi(NOW);

/** `subscores` of a formula put together again by hand. */
interface Rescored {
  readonly value: { readonly value: number };
  readonly subscores: readonly {
    readonly name: string;
    readonly weight: number;
    readonly value: { readonly value: number };
  }[];
  readonly parameters: readonly { readonly name: string; readonly value: number }[];
}
const FIELDS =
  'value { value } scoringVersion formula computedAt isFinal subscores { name weight value { value } } parameters { name value } inputs { requestedCount fpsSum }';

beforeAll(async () => {
  await seedScoredNetwork(api());
  await score(api(), NOW);
});

async function rescore(version: string, parameters: string, args = '') {
  const { data, errors } = await api().query(
    `{ slaScores(scoringVersion: "${version}"${args}) { total { ${FIELDS} rescore(parameters: ${parameters}) { ${FIELDS} } } } }`,
  );
  return { errors, total: data?.slaScores?.total };
}

const part = ({ subscores }: Rescored, name: string) => {
  const found = subscores.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no subscore ${name}`);
  return { weight: found.weight, value: found.value.value };
};

describe('rescore', () => {
  test('is the formula over the same inputs with the caller’s parameters, the others as they are', async () => {
    const { total } = await rescore(
      'quality-benchmark-v1',
      '[{ name: "reliabilityWeight", value: 0.2 }, { name: "qualityWeight", value: 0.8 }]',
    );
    const own: Rescored & { scoringVersion: string } = total.rescore;
    const expected =
      100 * part(own, 'coverage').value * (0.2 * part(own, 'reliability').value + 0.8 * part(own, 'quality').value);
    expect(own.value.value).toBeCloseTo(expected, 10);
    expect(own.value.value).not.toBe(total.value.value);
    expect(part(own, 'ptff')).toEqual(part(total, 'ptff'));
    expect(total.rescore).toMatchObject({
      scoringVersion: 'caller',
      formula: 'QUALITY_BENCHMARK_V1',
      computedAt: null,
    });
    expect(total.rescore.inputs).toEqual(total.inputs);
    const changed = own.parameters.filter(({ name, value }) =>
      total.parameters.some((one: { name: string; value: number }) => one.name === name && one.value !== value),
    );
    expect(changed.map(({ name }) => name)).toEqual(['reliabilityWeight', 'qualityWeight']);
  });

  test('takes targets and limits of spec-v1', async () => {
    const { total } = await rescore(
      'spec-v1',
      '[{ name: "jitterWeight", value: 0 }, { name: "failureTarget", value: 1 }, { name: "failureLimit", value: 1 }]',
    );
    expect(part(total.rescore, 'failureRate').value).toBe(1);
    expect(part(total.rescore, 'jitter').weight).toBe(0);
    const sum = total.rescore.subscores.reduce(
      (points: number, one: { weight: number; value: { value: number | null } }) =>
        points + one.weight * (one.value.value ?? 0),
      0,
    );
    expect(total.rescore.value.value).toBeCloseTo(100 * sum, 10);
  });

  test('of nothing replaced is the score itself, and as known at an instant too', async () => {
    for (const args of [
      '',
      `, range: { start: "${iso(NOW - 20 * 3_600_000)}", end: "${iso(NOW - 3 * 3_600_000)}" }, bucket: HOUR_1, asOf: "${iso(NOW)}"`,
    ]) {
      const { total } = await rescore('spec-v1', '[]', args);
      expect(total.value.value).toBeGreaterThan(0);
      expect(total.rescore.value).toEqual(total.value);
      expect(total.rescore.subscores).toEqual(total.subscores);
    }
  });

  test('stays within 0 to 100 whatever the weights', async () => {
    const { total } = await rescore('quality-benchmark-v1', '[{ name: "reliabilityWeight", value: 1000 }]');
    expect(total.rescore.value.value).toBe(100);
  });

  test.each([
    ['[{ name: "jitterWeight", value: 1 }]', 'scoring parameter jitterWeight is not known'],
    ['[{ name: "fpsWeight", value: -1 }]', 'scoring parameter fpsWeight is -1, wanted a number of at least 0'],
    [
      '[{ name: "fpsWeight", value: 1 }, { name: "fpsWeight", value: 2 }]',
      'scoring parameter fpsWeight is given twice',
    ],
  ])('%s is INVALID_ARGUMENT', async (parameters, message) => {
    const { errors } = await rescore('quality-benchmark-v1', parameters);
    expect(errors?.[0]).toMatchObject({ message, extensions: { code: 'INVALID_ARGUMENT' } });
  });
});
