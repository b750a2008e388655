import { InvalidArgumentError } from '@commander-js/extra-typings';

/** Parser of a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Wanted a whole number, ${least} or more.`);
  };
}

/** Parser of a share from 0 to 1. */
export function ratio(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('Wanted a number from 0 to 1.');
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('Wanted a number above 0.');
}

/** Parser of an RFC 3339 instant, or a day that begins at 00:00 UTC; answers milliseconds since the epoch. */
export function instant(text: string): number {
  const value = Date.parse(text);
  if (/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text) && !Number.isNaN(value))
    return value;
  throw new InvalidArgumentError('Wanted an instant like 2026-01-08T21:00:00Z, or a day like 2026-01-08.');
}

export function brokerList(text: string): readonly string[] {
  const brokers = text.split(',').map((broker) => broker.trim());
  if (brokers.every((broker) => /^\S+:\d{1,5}$/.test(broker))) return brokers;
  throw new InvalidArgumentError('Wanted host:port, or several separated by commas.');
}
