import type { Log } from '../log.js';
import type { SourceBatch } from '../warehouse/writers/event-batch-writer.js';
import type { CommittedOffset, GroupMember } from './group-member.js';

/** Kafka's own committed offsets, for lag tools only: nothing of ours reads them. */
export interface LagOffsets {
  /** Commits where the batches end, soon. */
  note(batches: readonly SourceBatch[]): void;
  /** Resolves when everything noted is committed, or refused. */
  flushed(): Promise<void>;
}

/** One commit at a time, the newest offsets; only stopping waits for it. */
export function createLagOffsets(member: GroupMember, log: Log): LagOffsets {
  const uncommitted = new Map<number, CommittedOffset>();
  let committing: Promise<void> | null = null;

  async function commitAll(): Promise<void> {
    while (uncommitted.size > 0) {
      const offsets = [...uncommitted.values()];
      uncommitted.clear();
      await member.commit(offsets).catch((error: unknown) => {
        log.debug({ err: error }, 'offsets not committed to Kafka');
      });
    }
  }

  return {
    note(batches) {
      for (const { source, nextOffset } of batches) {
        const { topic, partition } = source;
        uncommitted.set(source.sourceId, { topic, partition, offset: String(nextOffset) });
      }
      committing ??= commitAll().finally(() => {
        committing = null;
      });
    },
    async flushed() {
      await committing;
    },
  };
}
