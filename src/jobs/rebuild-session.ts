import type { CapabilityIndex } from '../domain/capability-index.js';
import type { SessionEvent } from '../domain/event.js';
import { foldEvents } from '../domain/fold.js';
import { type ResolvedSession, resolveSession } from '../domain/session-rows.js';
import { sliceStartMs } from '../domain/time.js';
import type { SessionEvents } from '../warehouse/readers/session-event-stream.js';
import type { StoredSlice } from '../warehouse/stores/session-slice-store.js';
import type { ResolvePolicy } from './session-batch.js';

export interface RebuiltSession {
  readonly resolved: ResolvedSession;
  readonly slices: readonly StoredSlice[];
}

/** A session from all its events and nothing that is stored of it. */
export function rebuildSession(
  session: SessionEvents,
  capabilities: CapabilityIndex,
  { capabilityMaxAgeMs, naming }: ResolvePolicy,
): RebuiltSession {
  const { org, sessionKey } = session;
  const slices = foldSlices(session);
  const policy = { capabilityMaxAgeMs };
  const all = { prefix: null, slices, dirtyFromMs: null };
  return { slices, resolved: resolveSession({ org, sessionKey, ...all, capabilities, policy, naming }) };
}

function foldSlices({ org, sessionKey, events }: SessionEvents): StoredSlice[] {
  const bySlice = new Map<number, SessionEvent[]>();
  for (const event of events) {
    const startMs = sliceStartMs(event.eventAtMs);
    const slice = bySlice.get(startMs);
    if (slice === undefined) bySlice.set(startMs, [event]);
    else slice.push(event);
  }
  return [...bySlice]
    .sort(([a], [b]) => a - b)
    .map(([startMs, slice]) => ({ org, sessionKey, startMs, fold: foldEvents(slice) }));
}
