import type { FamilyRank, SessionEvent } from './event.js';

/** Position of an event in its session: event time, then family, then event id bytewise [FACT-002]. */
export interface OrderKey {
  readonly at: number;
  readonly rank: FamilyRank;
  readonly id: string;
}

/** The order key of an event. */
export function orderKeyOf(event: SessionEvent): OrderKey {
  return { at: event.eventAtMs, rank: event.familyRank, id: event.eventId };
}

// UTF-16 puts surrogates (U+10000 and up) before U+E000..U+FFFF; UTF-8 bytes, and PostgreSQL's C collation, after them.
function byteRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Compares two texts by their UTF-8 bytes, as `C` collation does: negative, 0 or positive. */
export function compareBytewise(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return byteRank(left) - byteRank(right);
  }
  return a.length - b.length;
}

/** Compares two order keys: negative when `a` is the earlier event, 0 when both are the same event [FACT-002]. */
export function compareOrder(a: OrderKey, b: OrderKey): number {
  return a.at - b.at || a.rank - b.rank || compareBytewise(a.id, b.id);
}
