import { describe, expect, it } from 'vitest';
import { parseForeignTimeMs, parseInstantMs, sliceStartMs } from '../../../src/domain/time.js';

const AT = Date.UTC(2026, 0, 8, 21, 49, 5, 298);

describe('instants', () => {
  it.each([
    [String(AT), AT],
    [AT, AT],
    [` ${AT} `, AT],
    ['2026-01-08T21:49:05.298Z', AT],
    ['2026-01-08t21:49:05.298999z', AT],
    ['2026-01-08T23:49:05.298+02:00', AT],
    ['2026-01-08 16:19:05.298-05:30', AT],
    ['2026-12-31T23:59:60Z', Date.UTC(2027, 0, 1)],
  ])('reads %s', (value, wanted) => {
    expect(parseInstantMs(value)).toBe(wanted);
  });
  it.each([
    '',
    'now',
    '2026-01-08',
    '2026-01-08T21:49:05',
    '2026-13-01T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-01-08T24:00:00Z',
    Number.NaN,
    null,
    {},
    true,
  ])('refuses %s', (value) => {
    expect(parseInstantMs(value)).toBeNull();
  });
});

describe('times of other clocks', () => {
  it('takes numbers below 1e11 as seconds and nothing outside 2000..2100', () => {
    expect(parseForeignTimeMs(1767908945607)).toBe(1767908945607);
    expect(parseForeignTimeMs(1767908945)).toBe(1767908945000);
    expect(parseForeignTimeMs('1767908945.5')).toBe(1767908945500);
    expect(parseForeignTimeMs('2026-01-08T21:49:05.298Z')).toBe(AT);
    for (const value of [0, -1, 12345, Date.UTC(2100, 0, 1), '1999-12-31T23:59:59Z', '', null]) {
      expect(parseForeignTimeMs(value)).toBeNull();
    }
  });
});

it('slices at whole 5 minutes', () => {
  expect(sliceStartMs(Date.UTC(2026, 0, 8, 21, 49, 59, 999))).toBe(Date.UTC(2026, 0, 8, 21, 45));
  expect(sliceStartMs(Date.UTC(2026, 0, 8, 21, 50))).toBe(Date.UTC(2026, 0, 8, 21, 50));
});
