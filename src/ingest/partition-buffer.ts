import type { JudgedMessage } from '../domain/verdict.js';
import type { ConsumedMessage, Source } from '../warehouse/stores/source-store.js';
import type { SourceBatch } from '../warehouse/writers/event-batch-writer.js';

/** What is read of one partition and not yet written. */
interface PartitionState {
  readonly source: Source;
  /** The stored offset, as we believe. */
  expected: number;
  /** Offset after the last message here. */
  next: number;
  unchecked: ConsumedMessage | null;
  messages: JudgedMessage[];
  bytes: number;
}

export interface PartitionPosition {
  readonly source: Source;
  /** Next offset wanted. */
  readonly next: number;
  /** The last message consumed by an earlier assignment, while the broker has not shown that it still holds it. */
  readonly unchecked: ConsumedMessage | null;
}

/** Where to read from: the message to be checked comes first. */
export function readFrom({ next, unchecked }: Pick<PartitionPosition, 'next' | 'unchecked'>): number {
  return unchecked?.offset ?? next;
}

export interface PartitionBuffer {
  readonly messageCount: number;
  readonly byteCount: number;
  /** When the oldest message here was added, by the clock of `performance.now`; null when empty. */
  readonly oldestAt: number | null;
  /** Null when the partition is not ours or not opened yet. */
  position(topic: string, partition: number): PartitionPosition | null;
  open(source: Source, nextOffset: number, unchecked: ConsumedMessage | null): void;
  /** The last message of before was found, or cannot be any more. */
  checked(source: Source): void;
  add(source: Source, messages: readonly JudgedMessage[], bytes: number, nextOffset: number): void;
  /** Takes about so many messages, each partition in its order, all of them considered written up to there. */
  take(maxMessages: number): readonly SourceBatch[];
  /** Forgets what is read of a source and goes on from the offset; false when it is not ours any more. */
  reset(sourceId: number, nextOffset: number): Source | null;
  clear(): void;
}

/** Accumulates messages across partitions: small batches per partition are what limits ingest (measured). */
export function createPartitionBuffer(now: () => number = () => performance.now()): PartitionBuffer {
  const states = new Map<string, PartitionState>();
  let messageCount = 0;
  let byteCount = 0;
  let oldestAt: number | null = null;

  const keyOf = (topic: string, partition: number): string => `${partition}\0${topic}`;
  const subtract = (messages: number, bytes: number): void => {
    messageCount -= messages;
    byteCount -= bytes;
    if (messageCount === 0) oldestAt = null;
  };

  return {
    get messageCount() {
      return messageCount;
    },
    get byteCount() {
      return byteCount;
    },
    get oldestAt() {
      return oldestAt;
    },
    position(topic, partition) {
      const state = states.get(keyOf(topic, partition));
      return state === undefined ? null : { source: state.source, next: state.next, unchecked: state.unchecked };
    },
    open(source, nextOffset, unchecked) {
      const key = keyOf(source.topic, source.partition);
      states.set(key, { source, expected: nextOffset, next: nextOffset, unchecked, messages: [], bytes: 0 });
    },
    checked(source) {
      const state = states.get(keyOf(source.topic, source.partition));
      if (state !== undefined) state.unchecked = null;
    },
    add(source, messages, bytes, nextOffset) {
      const state = states.get(keyOf(source.topic, source.partition));
      if (state === undefined || nextOffset <= state.next) {
        return;
      }
      for (const message of messages) state.messages.push(message);
      state.next = nextOffset;
      state.bytes += bytes;
      messageCount += messages.length;
      byteCount += bytes;
      oldestAt ??= now();
    },
    take(maxMessages) {
      const batches: SourceBatch[] = [];
      let room = maxMessages;
      for (const [key, state] of states) {
        if (room <= 0) break;
        if (state.next === state.expected) continue;
        const messages = state.messages.splice(0, room);
        const nextOffset = state.messages[0]?.message.offset ?? state.next;
        const bytes = state.messages.length === 0 ? state.bytes : sizeOf(messages);
        batches.push({ source: state.source, expectedNextOffset: state.expected, nextOffset, messages });
        state.expected = nextOffset;
        state.bytes -= bytes;
        room -= messages.length;
        subtract(messages.length, bytes);
        // to the end of the line, so that a busy partition does not starve the others
        states.delete(key);
        states.set(key, state);
      }
      return batches;
    },
    reset(sourceId, nextOffset) {
      for (const state of states.values()) {
        if (state.source.sourceId !== sourceId) continue;
        subtract(state.messages.length, state.bytes);
        Object.assign(state, { expected: nextOffset, next: nextOffset, unchecked: null, messages: [], bytes: 0 });
        return state.source;
      }
      return null;
    },
    clear() {
      states.clear();
      messageCount = 0;
      byteCount = 0;
      oldestAt = null;
    },
  };
}

function sizeOf(messages: readonly JudgedMessage[]): number {
  return messages.reduce((sum, { message }) => sum + (message.value?.byteLength ?? 0), 0);
}
