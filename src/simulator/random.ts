/** A seeded stream of numbers (sfc32); the same parts give the same stream on every machine. */
export interface Random {
  /** [0, 1) with 32 bits. */
  unit(): number;
  /** Whole number in [min, max]. */
  integer(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** Log-normal around a median; sigma is of the logarithm. */
  lognormal(median: number, sigma: number): number;
  normal(): number;
  hex(digits: number): string;
  base36(digits: number): string;
  /** Version 4 in form; its 122 free bits come from the stream. */
  uuid(): string;
}

const hex16: readonly string[] = Array.from({ length: 65536 }, (_, n) => n.toString(16).padStart(4, '0'));
const word = (n: number): string => hex16[n & 0xffff] ?? '0000';

/** Avalanche of one 32-bit word (the finaliser of MurmurHash3). */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function textHash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** The stream named by a seed, a purpose and up to two numbers, independent of every other name. */
export function createRandom(seed: number, purpose: string, index = 0, subIndex = 0): Random {
  let a = mix(seed ^ 0x9e3779b9);
  let b = mix(Math.floor(seed / 0x100000000) ^ textHash(purpose));
  let c = mix(index ^ 0x3c6ef372);
  let d = mix(subIndex ^ Math.imul(Math.floor(index / 0x100000000), 0x27d4eb2f) ^ 0x78dde6e4);

  const next = (): number => {
    const sum = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 15; i++) next();

  const unit = (): number => next() / 0x100000000;
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
  const hex = (digits: number): string => {
    let text = '';
    while (text.length < digits) text += word(next());
    return text.slice(0, digits);
  };
  return {
    unit,
    normal,
    hex,
    integer: (min, max) => min + Math.floor(unit() * (max - min + 1)),
    chance: (probability) => unit() < probability,
    pick: (items) => {
      const item = items[Math.floor(unit() * items.length)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
    lognormal: (median, sigma) => median * Math.exp(sigma * normal()),
    base36: (digits) => {
      let text = '';
      while (text.length < digits) text += Math.floor(unit() * 36).toString(36);
      return text;
    },
    uuid: () => {
      const p = next();
      const q = next();
      const r = next();
      const s = next();
      return `${word(p)}${word(p >>> 16)}-${word(q)}-${word(0x4000 | ((q >>> 16) & 0x0fff))}-${word(0x8000 | (r & 0x3fff))}-${word(r >>> 16)}${word(s)}${word(s >>> 16)}`;
    },
  };
}
