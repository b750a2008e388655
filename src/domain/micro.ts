import { formatDecimal } from './money.js';

/** Millionths as decimal text. */
export function formatMicro(micro: bigint): string {
  return formatDecimal({ digits: micro, scale: 6 });
}

/** Squares of millionths as decimal text. */
export function formatSquareMicro(squareMicro: bigint): string {
  return formatDecimal({ digits: squareMicro, scale: 12 });
}
