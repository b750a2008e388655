import { expect, test } from 'vitest';
import { reportText } from '../conformance/report.js';
import { RULES } from '../conformance/rules.js';
import type { CheckResult } from '../conformance/run.js';

test('every rule has a check or says what it awaits, and none that fails counts as passed', () => {
  const lone: CheckResult = { scenario: 's', says: 'x', rules: ['INGEST-001'], failure: null };
  const awaited = [{ what: 'more', rules: ['INGEST-002'] as const }];
  const text = reportText(
    [lone, { ...lone, rules: ['INGEST-002'] }, { ...lone, rules: ['INGEST-003'], failure: 'no' }],
    awaited,
  );
  expect(text).toContain(
    `${Object.keys(RULES).length} rules: 1 passed, 1 failed, ${Object.keys(RULES).length - 2} missing`,
  );
  expect(text).toMatch(/\| INGEST-001 \|.*\| passed, 1 check \|/);
  expect(text).toMatch(/\| INGEST-002 \|.*\| \*\*missing\*\*: more \|/);
  expect(text).toMatch(/\| INGEST-003 \|.*\| \*\*failed\*\*, 1 of 1 \|/);
  expect(text).toMatch(/\| INGEST-004 \|.*\| \*\*missing\*\*: no scenario proves it \|/);
});
