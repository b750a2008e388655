import type { Log } from '../log.js';
import type { Refusal } from '../warehouse/accepted-write.js';

/** One line for the operator per capability content whose rows the database refuses; the next start tries it again. */
export function tellUnread(refused: readonly Refusal<{ readonly content_hash: string }>[], log: Log): void {
  for (const { item, error } of refused) {
    log.error({ err: error, content: item.content_hash }, 'capability content could not be read out');
  }
}
