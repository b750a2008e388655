import type { RowDifference } from '../warehouse/readers/row-difference.js';

const LONGEST_VALUE = 120;

/** One line for a person: where, which row, which column, and both values, long ones cut around where they part. */
export function differenceLine({ relation, key, kind, column, stored, computed }: RowDifference): string {
  const row = Object.entries(key)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  if (kind === 'missing') return `${relation} ${row}: missing`;
  if (kind === 'surplus') return `${relation} ${row}: should not be there`;
  const from = partingOf(stored ?? '', computed ?? '');
  return `${relation} ${row}: ${column} is ${cut(stored ?? 'null', from)}, wanted ${cut(computed ?? 'null', from)}`;
}

function partingOf(a: string, b: string): number {
  let index = 0;
  while (index < a.length && a[index] === b[index]) index += 1;
  return index;
}

function cut(text: string, at: number): string {
  if (text.length <= LONGEST_VALUE) return text;
  const start = Math.max(0, at - LONGEST_VALUE / 2);
  const end = start + LONGEST_VALUE;
  return `${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`;
}
