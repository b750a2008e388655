import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log.js';
import type { OpenedSource } from '../warehouse/stores/source-store.js';
import type { Broker } from './broker.js';
import type { GroupMember, TopicPartitions } from './group-member.js';
import type { Lifetime } from './lifetime.js';
import { type PartitionBuffer, readFrom } from './partition-buffer.js';
import type { Watermarks } from './partition-position.js';
import type { Persist } from './persistence.js';
import type { WritingLoop } from './writing-loop.js';

export interface AssignmentOptions {
  readonly member: GroupMember;
  readonly broker: Broker;
  readonly buffer: PartitionBuffer;
  readonly writing: Pick<WritingLoop, 'settled' | 'wake'>;
  readonly batchWaitMs: number;
  readonly lifetime: Lifetime;
  readonly persist: Persist;
  readonly log: Log;
  /** Where a partition stands in the database, held against the broker's watermarks. */
  readonly locate: (topic: string, partition: number, watermarks: Watermarks) => Promise<OpenedSource>;
}

/** The partitions that are ours: opened at what is stored, paused and resumed together. */
export interface Assignment {
  readonly isPaused: boolean;
  /** True while a partition of ours is not yet at its stored offset. */
  readonly isOpening: boolean;
  /** A new assignment takes the place of the one before; what was read and not written is read again. */
  take(assigned: readonly TopicPartitions[]): void;
  /** Nothing is ours until the next assignment. */
  drop(): void;
  setPaused(isPaused: boolean): void;
  /** A partition is not where it should be (offset out of range, a lost race): looks again and seeks. */
  relocate(topic: string, partition: number, sourceId: number): Promise<void>;
}

export function createAssignment(options: AssignmentOptions): Assignment {
  const { member, broker, buffer, writing, batchWaitMs, lifetime, persist, log, locate } = options;
  const relocating = new Set<number>();
  let generation = 0;
  let assigned: readonly TopicPartitions[] = [];
  let isPaused = false;

  function setPaused(paused: boolean): void {
    isPaused = paused;
    member.setPaused(assigned, paused);
  }

  /** Opens the partitions and seeks to what is stored, however long the database takes. */
  async function open(mine: number): Promise<void> {
    await writing.settled();
    for (const { topic, partitions } of assigned) {
      const watermarks = await broker.watermarks(topic);
      for (const partition of partitions) {
        const { low, high } = watermarks.get(partition) ?? { low: 0, high: 0 };
        const { source, nextOffset, lastMessage } = await locate(topic, partition, { low, high });
        if (mine !== generation) {
          return;
        }
        const unchecked = lastMessage !== null && lastMessage.offset >= low ? lastMessage : null;
        buffer.open(source, nextOffset, unchecked);
        member.seek(topic, partition, readFrom({ next: nextOffset, unchecked }));
      }
    }
    setPaused(false);
    log.info({ assigned }, 'partitions assigned');
  }

  async function lookAgain(topic: string, partition: number, sourceId: number, mine: number): Promise<void> {
    const before = buffer.position(topic, partition);
    const watermarks = (await broker.watermarks(topic)).get(partition);
    if (before === null || watermarks === undefined || mine !== generation) {
      return;
    }
    const { source, next } = before;
    const unchecked = before.unchecked !== null && before.unchecked.offset >= watermarks.low ? before.unchecked : null;
    if (unchecked === null) buffer.checked(source);
    if (next >= watermarks.low && next <= watermarks.high) {
      return member.seek(topic, partition, readFrom({ next, unchecked }));
    }
    // what is read must be written first: the stored offset is then where we stand
    while (buffer.messageCount > 0 && !lifetime.isStopping && mine === generation) {
      writing.wake();
      await delay(batchWaitMs);
    }
    await writing.settled();
    const { nextOffset } = await locate(topic, partition, watermarks);
    if (mine === generation && buffer.reset(sourceId, nextOffset) !== null) {
      member.seek(topic, partition, nextOffset);
    }
  }

  return {
    get isPaused() {
      return isPaused;
    },
    get isOpening() {
      return assigned.some(({ topic, partitions }) =>
        partitions.some((partition) => buffer.position(topic, partition) === null),
      );
    },
    take(partitions) {
      generation += 1;
      const mine = generation;
      buffer.clear();
      assigned = partitions;
      setPaused(true);
      void persist(
        () => open(mine),
        () => mine === generation,
      );
    },
    drop() {
      generation += 1;
      buffer.clear();
    },
    setPaused,
    async relocate(topic, partition, sourceId) {
      if (relocating.has(sourceId)) {
        return;
      }
      relocating.add(sourceId);
      const mine = generation;
      await persist(
        () => lookAgain(topic, partition, sourceId, mine),
        () => mine === generation,
      );
      relocating.delete(sourceId);
    },
  };
}
