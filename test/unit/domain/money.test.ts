import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDecimal, isPrice, parseDecimal, parseWei, valuePayment } from '../../../src/domain/money.js';

describe('decimals', () => {
  it.each([
    ['1', '1'],
    ['0.50', '0.50'],
    ['1e3', '1000'],
    ['1.5e-3', '0.0015'],
    ['-2.5', '-2.5'],
    [1e-7, '0.0000001'],
    [1e21, '1000000000000000000000'],
  ])('reads %s as %s', (value, text) => {
    const decimal = parseDecimal(value);
    expect(decimal && formatDecimal(decimal)).toBe(text);
  });
  it.each(['', ' ', 'abc', '1,5', '0x10', '1e999', Number.NaN, Number.POSITIVE_INFINITY, null, {}])(
    'refuses %s',
    (value) => {
      expect(parseDecimal(value)).toBeNull();
    },
  );
  it('survives a round trip', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.nat(30), (digits, scale) => {
        expect(parseDecimal(formatDecimal({ digits, scale }))).toEqual({ digits, scale });
      }),
    );
  });
});

describe('money [domain 4.2]', () => {
  it.each([
    ['5 WEI', '5'],
    ['5', '5'],
    ['1.5', '1500000000000000000'],
    ['1.5 ETH', '1500000000000000000'],
    ['2 eth', '2000000000000000000'],
    ['1 wei', '1'],
  ])('reads %s as %s wei', (text, wei) => {
    const amount = parseWei(text);
    expect(amount && formatDecimal(amount)).toBe(wei);
  });
  it.each(['', '-1', '5 LPT', 'WEI', null, undefined])('refuses %s', (value) => {
    expect(parseWei(value)).toBeNull();
  });
  it('rounds half up once, after multiplying exactly', () => {
    expect(valuePayment('1', '1', '0.5')?.expectedValueWei).toBe(1n);
    expect(valuePayment('1', '1', '0.4999999999')?.expectedValueWei).toBe(0n);
    expect(valuePayment('1', '3', '0.5')).toEqual({ faceValueWei: 3n, expectedValueWei: 2n, ticketCount: 3 });
    expect(valuePayment('0.00000000000000000005 ETH', '10', '1')?.expectedValueWei).toBe(1n);
  });
  it('refuses parts of tickets, chances above 1 and what numeric(78,0) cannot hold', () => {
    expect(valuePayment('1', '0.5', '1')).toBeNull();
    expect(valuePayment('1', '1', '1.1')).toBeNull();
    expect(valuePayment(`${'9'.repeat(78)}`, '2', '1')).toBeNull();
  });
  it('knows a price', () => {
    expect(['1635.021 wei/pixel', '0', '1200/3 wei/pixel'].every(isPrice)).toBe(true);
    expect(['', 'free', null].some(isPrice)).toBe(false);
  });
});
