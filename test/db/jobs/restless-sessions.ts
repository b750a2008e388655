import type { SessionEvent } from '../../../src/domain/event.js';
import { sessionEvent } from './fact-writer.js';
import { MINUTE, request, status, T0, URLS } from './session-samples.js';

const transport = {
  publisherId: 'runner',
  gpuUuid: 'GPU-0',
  gpuModel: 'RTX 4090',
  gpuMemoryBytes: 24_000_000_000,
  gpuUtilisation: 0.5,
  cudaVersion: '12.4',
  txBytes: 1_000,
  rxBytes: null,
  txMbps: null,
  rxMbps: 0.1,
  samplingIntervalMs: 5_000,
  achievedFlops: 1e13,
  peakFlops: 8e13,
};
const quality = {
  connQuality: 'good',
  bytesReceived: 1_000,
  bytesSent: 2_000,
  videoJitterMs: 5.5,
  videoPacketsLost: 0,
  videoPacketsReceived: 100,
  audioJitterMs: 1.5,
  audioPacketsLost: 0,
  audioPacketsReceived: 50,
  rttMs: 20,
};

export const namesOf = (session: number) => ({ streamId: `stream-${session}`, requestId: `request-${session}` });
export const keyOf = (session: number) => `stream-${session}|request-${session}`;

/**
 * Of each of some streams 10 minutes from `offset` on, with a row in every table of sessions: one orchestrator, a swap,
 * the other, both kinds of readings; the ones named `again` end in an error.
 */
export function restlessStreams(sessions: number, name: string, offset: number): SessionEvent[] {
  return Array.from({ length: sessions }, (_, session) => {
    const at = (minute: number) => ({ ...namesOf(session), eventAtMs: T0 + offset + minute * MINUTE });
    const eventId = (kind: string) => `${session}-${name}-${kind}`;
    return [
      request(T0 + offset, eventId('request'), namesOf(session)),
      ...[1, 2, 3].map((minute) => status(at(minute).eventAtMs, eventId(`a${minute}`), 0, namesOf(session))),
      sessionEvent({ ...at(4), eventId: eventId('swap'), isSwap: true, swapReason: name, orchUrl: URLS[1] ?? '' }),
      ...[5, 6, 7].map((minute) => status(at(minute).eventAtMs, eventId(`b${minute}`), 1, namesOf(session))),
      ...[2, 7].map((minute) => sessionEvent({ ...at(minute), eventId: eventId(`i${minute}`), ingest: quality })),
      status(at(8).eventAtMs, eventId('reading'), 1, {
        ...namesOf(session),
        name: 'runner.metrics.sample',
        transport,
      }),
      ...(name === 'again' ? [sessionEvent({ ...at(8), eventId: eventId('error'), isError: true })] : []),
    ];
  }).flat();
}
