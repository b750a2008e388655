import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** One line of a benchmark: what was measured, beside the limit measured in the same run. */
export interface Measurement {
  readonly label: string;
  readonly value: number;
  readonly unit: string;
  /** The same work done as fast as this machine can; null where there is none. */
  readonly limit: number | null;
  /** value ÷ limit for rates, limit ÷ value for times: 1 is the limit itself. Null without a limit. */
  readonly ratio: number | null;
  /** What we aim for, as a sentence; empty without an aim. */
  readonly aim: string;
}

function figure(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

/** Prints the table on standard output and writes `bench-results/<name>-<engine>.json`. */
export function report(name: string, engine: string, measurements: readonly Measurement[]): void {
  const rows = measurements.map((m) => [
    m.label,
    `${figure(m.value)} ${m.unit}`,
    m.limit === null ? '' : `${figure(m.limit)} ${m.unit}`,
    m.ratio === null ? '' : m.ratio.toFixed(2),
    m.aim,
  ]);
  process.stdout.write(`\n${name} on ${engine}\n${table([['', 'measured', 'limit', 'ratio', 'aim'], ...rows])}\n`);
  mkdirSync('bench-results', { recursive: true });
  const machine = { cores: cpus().length, memoryBytes: totalmem(), node: process.version };
  writeFileSync(
    `bench-results/${name}-${engine}.json`,
    `${JSON.stringify({ name, engine, machine, measurements }, null, 2)}\n`,
  );
}

/** Progress on standard error, so that the table on standard output can be piped. */
export function progress(text: string): void {
  process.stderr.write(`  ${text}\n`);
}

/** Quantile of samples by nearest rank; throws on none, since a benchmark without samples measured nothing. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
  if (value === undefined) throw new Error('no samples');
  return value;
}
