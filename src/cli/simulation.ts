import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../errors.js';
import { simulateLive } from '../simulator/live.js';
import type { SimulatedMessage, SimulationOptions } from '../simulator/options.js';
import { planOutcomes } from '../simulator/outcomes.js';
import { simulate } from '../simulator/simulate.js';

const BATCH_MESSAGES = 500;

/** All messages of the window, in the order of publication. */
export async function* recordedBatches(options: SimulationOptions): AsyncGenerator<readonly SimulatedMessage[]> {
  let batch: SimulatedMessage[] = [];
  for (const message of simulate(options)) {
    batch.push(message);
    if (batch.length === BATCH_MESSAGES) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** Messages at the pace of the clock `now` until the signal. */
export function liveBatches(
  options: SimulationOptions,
  { now, signal }: { readonly now: () => number; readonly signal: AbortSignal },
): AsyncGenerator<readonly SimulatedMessage[]> {
  return simulateLive(
    { ...options, signal },
    {
      nowMs: now,
      sleep: (ms, until) => delay(ms, undefined, { signal: until }).catch(() => undefined),
    },
  );
}

/** Writes the true outcome of everything that is published, one JSON object per line. */
export async function writeOutcomes(options: SimulationOptions, file: string): Promise<void> {
  function* lines(): Generator<string> {
    for (const outcome of planOutcomes(options)) yield `${JSON.stringify(outcome)}\n`;
  }
  await pipeline(Readable.from(lines()), await openForWriting(file));
}

/** Opens a file for writing; INPUT_UNREADABLE when that is not possible. */
export async function openForWriting(file: string): Promise<ReturnType<typeof createWriteStream>> {
  const stream = createWriteStream(file);
  try {
    await once(stream, 'open');
    return stream;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('INPUT_UNREADABLE', `cannot write ${file}: ${reason}`, { cause });
  }
}
