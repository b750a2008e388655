import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { RULES } from '../conformance/rules.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const IDS = Object.keys(RULES);
/** Tests, but for those that name rules without proving them. */
const TESTS = /(?<!rules|conformance-report)\.test\.ts$/;

/** Paths and texts of the files of a folder, by their ending. */
function textsOf(folder: string, ending: RegExp): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => ending.test(path))
    .map((path) => readFileSync(join(ROOT, folder, path), 'utf8'));
}

function citedIn(texts: readonly string[]): ReadonlySet<string> {
  return new Set(texts.flatMap((text) => text.match(/[A-Z_]+-\d{3}/g) ?? []));
}

/** Ids of the table of section 7; `LIFECYCLE-001 … 009` stands for nine. */
function idsOfContract(): readonly string[] {
  const text = readFileSync(join(ROOT, 'docs/domain.md'), 'utf8');
  return [...text.slice(text.indexOf('\n## 7')).matchAll(/^\| ([A-Z_]+)-(\d{3})(?: … (\d{3}))? \|/gm)].flatMap(
    ([, name, first, last = first]) =>
      Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) =>
        [name, String(Number(first) + index).padStart(3, '0')].join('-'),
      ),
  );
}

describe('the rules of the contract', () => {
  it('are the forty that conformance knows', () => {
    expect(IDS).toHaveLength(40);
    expect([...idsOfContract()].sort()).toEqual([...IDS].sort());
  });

  it('are each cited by the code that keeps them', () => {
    const cited = citedIn([...textsOf('src', /\.ts$/), ...textsOf('sql', /\.sql$/)]);
    expect(IDS.filter((id) => !cited.has(id))).toEqual([]);
  });

  it('are each cited by a test, beside the scenarios', () => {
    const cited = citedIn(textsOf('test', TESTS));
    expect(IDS.filter((id) => !cited.has(id))).toEqual([]);
  });
});
