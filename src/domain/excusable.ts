/** [LIFECYCLE-004] */
const EXCUSABLE_TEXTS = [
  'no orchestrators available',
  'mediamtx ingest disconnected',
  'whip disconnected',
  'missing video',
  'ice connection state failed',
  'user disconnected',
] as const;

/** True when an error message is the client's doing or nobody's, so that it excuses a failed start-up [LIFECYCLE-004]. */
export function isExcusableError(message: string): boolean {
  const text = message.toLowerCase();
  return EXCUSABLE_TEXTS.some((excusable) => text.includes(excusable));
}
