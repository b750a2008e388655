import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { AppError, ERROR_CATALOGUE, publicError } from '../../src/errors.js';

const PAGE = new URL('../../docs/errors.md', import.meta.url);
const HEADINGS = { 'The caller': 'caller', 'The operator': 'operator', 'The developer': 'developer' } as const;

function documentedCodes(): [string, string][] {
  const sections = readFileSync(PAGE, 'utf8').split(/^## /m).slice(1);
  return sections.flatMap((section) => {
    const actor = Object.entries(HEADINGS).find(([heading]) => section.startsWith(heading))?.[1] ?? section;
    return [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, code = '']): [string, string] => [code, actor]);
  });
}

describe('the error catalogue', () => {
  test('is documented code by code, under the one who must act, and nothing else is', () => {
    const catalogue = Object.entries(ERROR_CATALOGUE).map(([code, { actor }]): [string, string] => [code, actor]);
    expect(documentedCodes()).toEqual(catalogue);
  });

  test('has no code that nothing throws', () => {
    const root = new URL('../../src/', import.meta.url);
    const texts = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && name !== 'errors.ts')
      .map((name) => readFileSync(new URL(name, root), 'utf8'));
    const thrown = (code: string): boolean => texts.some((text) => text.includes(`'${code}'`));
    expect(Object.keys(ERROR_CATALOGUE).filter((code) => code !== 'INTERNAL' && !thrown(code))).toEqual([]);
  });
});

describe('publicError', () => {
  test('shows code and message of a caller error', () => {
    const message = 'range end 10:00 is not after start 11:00';
    expect(publicError(new AppError('INVALID_RANGE', message))).toEqual({
      code: 'INVALID_RANGE',
      message,
      httpStatus: 400,
    });
  });

  test('shows only the code of an operator error', () => {
    const shown = publicError(new AppError('DATABASE_UNAVAILABLE', 'no answer from 10.0.0.7:5432'));
    expect(shown.code).toBe('DATABASE_UNAVAILABLE');
    expect(shown.message).not.toContain('10.0.0.7');
  });

  test.each([new AppError('INVARIANT_BROKEN', 'two rows'), new Error('secret'), 'text', undefined])(
    'masks everything else: %s',
    (error) => {
      expect(publicError(error)).toEqual({ code: 'INTERNAL', message: 'internal error', httpStatus: 500 });
    },
  );

  test('keeps the cause', () => {
    const cause = new Error('ECONNREFUSED');
    expect(new AppError('DATABASE_UNAVAILABLE', 'no answer', { cause }).cause).toBe(cause);
  });
});
