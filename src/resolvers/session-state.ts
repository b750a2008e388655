export const SESSION_STATES = ['LIVE', 'IDLE', 'LOST', 'COMPLETED'] as const;
export type SessionState = (typeof SESSION_STATES)[number];

/** Silence after which a session without a close is idle, and after which it is lost. */
export const IDLE_AFTER_MS = 2 * 60_000;
export const LOST_AFTER_MS = 30 * 60_000;

/** State of a session at an instant; nothing of it is stored. A completed session stays completed. */
export function sessionState(session: { isCompleted: boolean; lastSeenMs: number }, nowMs: number): SessionState {
  if (session.isCompleted) return 'COMPLETED';
  const silenceMs = nowMs - session.lastSeenMs;
  if (silenceMs >= LOST_AFTER_MS) return 'LOST';
  return silenceMs >= IDLE_AFTER_MS ? 'IDLE' : 'LIVE';
}

/** Bounds of `last seen` for sessions without a close in a state: not before `from`, before `until`; null is open. */
export function lastSeenBounds(
  state: Exclude<SessionState, 'COMPLETED'>,
  nowMs: number,
): { fromMs: number | null; untilMs: number | null } {
  // A session is LIVE while its silence is under the limit, so its last event is after now − limit.
  switch (state) {
    case 'LIVE':
      return { fromMs: nowMs - IDLE_AFTER_MS + 1, untilMs: null };
    case 'IDLE':
      return { fromMs: nowMs - LOST_AFTER_MS + 1, untilMs: nowMs - IDLE_AFTER_MS + 1 };
    case 'LOST':
      return { fromMs: null, untilMs: nowMs - LOST_AFTER_MS + 1 };
  }
}
