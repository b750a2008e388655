import { describe, expect, it } from 'vitest';
import { encodeSample } from '../../../src/domain/bins.js';
import type { ScoringBook, ScoringConfigRow } from '../../../src/domain/scoring-book.js';
import { type BenchmarkOf, isStored, olderHash, scoreGroup } from '../../../src/domain/scoring-results.js';
import { NO_SLA_INPUTS, type SlaInputs } from '../../../src/domain/sla-inputs.js';

const VERSIONS = ['quality-benchmark-v1', 'spec-v1'] as const;
const configs = VERSIONS.map(
  (formula, index): ScoringConfigRow => ({
    configId: String(index + 1),
    scoringVersion: formula,
    gateway: '',
    formula,
    parameters: {},
    isRetired: false,
    validFromMs: 0,
    knownAtMs: 0,
  }),
);
const book: ScoringBook = { configs, targets: [], storedVersions: VERSIONS };
const benchmarkOf: BenchmarkOf = (kind) => {
  return { kind, revision: 3, low: 10, high: 3000, rowCount: 48, isSufficient: true };
};
const inputs: SlaInputs = {
  ...NO_SLA_INPUTS,
  requestedCount: 20,
  startupSuccessCount: 18,
  fpsSampleCount: 60,
  fpsSum: '720.5',
  fpsSquareSum: '8700',
  e2eSampleCount: 1,
  e2eMsSum: 1500,
  e2eMsHistogram: encodeSample(1500),
};
const group = {
  startMs: Date.UTC(2026, 0, 8, 5),
  gateway: 'gw-1',
  pipeline: 'p',
  model: 'm',
  inputs,
  inputHash: 'of these',
};
const results = () => scoreGroup(group, VERSIONS, book, benchmarkOf).map(({ result }) => result);

describe('the hash of a result', () => {
  it('is that of every result stored so far, or all of them would be appended again', () => {
    expect(results().map(({ hash }) => hash)).toEqual(['CZVVVkw3_Lf3sH9huUVh-D', 'uH-HVlTNEIi7elfUOOhJBd']);
  });

  it('that an older release stored is known again', () => {
    const older = ['f813c75f3895d5a1dd7a1c99730a4719', 'aa0a09b6e3f95015a4674a978e381d8f'];
    expect(results().map((result) => olderHash(result, inputs))).toEqual(older);
    expect(results().map((result, index) => isStored(older[index], result, inputs))).toEqual([true, true]);
    const changed = { ...inputs, fpsSquareSum: '8701' };
    expect(results().map((result, index) => isStored(older[index], result, changed))).toEqual([false, false]);
  });

  it('differs for other inputs, for another score, and from none', () => {
    const [result] = results();
    const [other] = scoreGroup({ ...group, inputHash: 'of others' }, VERSIONS, book, benchmarkOf);
    expect(result?.hash).not.toBe(other?.result.hash);
    const [better] = scoreGroup(
      { ...group, inputs: { ...inputs, startupSuccessCount: 20 } },
      VERSIONS,
      book,
      benchmarkOf,
    );
    expect(result?.hash).not.toBe(better?.result.hash);
    expect(result === undefined || isStored(undefined, result, inputs)).toBe(false);
    expect(result === undefined || isStored('withdrawn', result, inputs)).toBe(false);
  });
});
