import type { FailureReason, SwapReasonClass } from './resolved-rows.js';

/** What an error event can say went wrong; that nothing was said is no event's own reason. */
export type ErrorReason = Exclude<FailureReason, 'none'>;

/**
 * Words by class, in the order they are tested. A swap is never for want of a connection in the contract's list, so
 * that class is of errors alone; it comes before `error`, whose words the texts of broken connections contain as well.
 */
const WORDS: readonly (readonly [SwapReasonClass | 'transport_disconnect', readonly string[]])[] = [
  ['timeout', ['timeout', 'timed out', 'deadline']],
  ['overload', ['capacity', 'capped', 'overload', 'busy', 'insufficient']],
  ['price', ['price']],
  ['user', ['user', 'client']],
  ['transport_disconnect', ['disconnect', 'ice connection']],
  ['error', ['error', 'fail', 'refused', 'reset', 'eof', 'panic']],
];
const SWAP_CLASSES: ReadonlySet<string> = new Set(['timeout', 'overload', 'price', 'user', 'error', 'unknown']);
const ERROR_REASONS: ReadonlySet<string> = new Set([
  ...SWAP_CLASSES,
  'model_error',
  'transport_disconnect',
  'other',
] satisfies (string | ErrorReason)[]);

/** The class of a swap's reason text: one that names its class (v1), else the first whose words it contains [LIFECYCLE-006]. */
export function classifySwapReason(reason: string): SwapReasonClass {
  const text = normalised(reason);
  if (isSwapClass(text)) return text;
  for (const [found, words] of WORDS) {
    if (isSwapClass(found) && words.some((word) => text.includes(word))) return found;
  }
  return 'unknown';
}

/**
 * The reason of an error event: v1's own `failure_reason` where it is one, else a message that names one, else the first
 * whose words the message contains, else `unknown` [LIFECYCLE-004].
 */
export function classifyErrorReason(failureReason: string, message: string): ErrorReason {
  const own = normalised(failureReason);
  if (isErrorReason(own)) return own;
  const text = normalised(message);
  if (isErrorReason(text)) return text;
  return WORDS.find(([, words]) => words.some((word) => text.includes(word)))?.[0] ?? 'unknown';
}

function normalised(text: string): string {
  return text.trim().toLowerCase();
}

function isSwapClass(text: string): text is SwapReasonClass {
  return SWAP_CLASSES.has(text);
}

function isErrorReason(text: string): text is ErrorReason {
  return ERROR_REASONS.has(text);
}
