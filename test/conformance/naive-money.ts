/** Numerator and denominator. */
type Fraction = readonly [bigint, bigint];

const WEI_PER_ETH = 10n ** 18n;

/** A plain decimal, such as `0.25`, as a fraction. */
export function fractionOf(text: string): Fraction {
  const [whole = '', decimals = ''] = text.split('.');
  return [BigInt(whole + decimals), 10n ** BigInt(decimals.length)];
}

/** An amount in wei: `5 WEI`, `0.5 ETH`, `5` is wei, `0.5` is ETH. */
export function weiOf(text: string): Fraction {
  const [amount = '', unit = amount.includes('.') ? 'eth' : 'wei'] = text.split(' ');
  const [numerator, denominator] = fractionOf(amount);
  return unit.toLowerCase() === 'eth' ? [numerator * WEI_PER_ETH, denominator] : [numerator, denominator];
}

/** The product, rounded half up once. */
export function wholeOf(...factors: readonly Fraction[]): bigint {
  const numerator = factors.reduce((product, [of]) => product * of, 1n);
  const denominator = factors.reduce((product, [, by]) => product * by, 1n);
  return numerator / denominator + (2n * (numerator % denominator) >= denominator ? 1n : 0n);
}
