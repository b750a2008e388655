import { known, METRIC, missing, near, rangeOf, same } from '../expectation.js';
import { createScribe, type Message } from '../messages.js';
import type { Scenario } from '../scenario.js';

const DAY = '2026-03-13';
const scribe = createScribe('ingest', DAY);
const stream = scribe.stream('ingest-stream');
const bare = scribe.stream('ingest-bare');

interface Measured {
  readonly quality?: string;
  /** Bytes received, packets lost and received of the video, its jitter in ms, round trip in ns. */
  readonly video: readonly [bytes: number, lost: number, received: number, jitter: number, rtt: number];
}

function sample(time: string, { quality = 'good', video: [bytes, lost, received, jitter, rtt] }: Measured): Message {
  return stream.ingest(time, {
    conn_quality: quality,
    peer_conn_stats: { BytesReceived: bytes, BytesSent: 100 },
    track_stats: [
      { type: 'video', jitter, packets_lost: lost, packets_received: received, rtt },
      { type: 'audio', jitter: 20, packets_lost: 0, packets_received: received, rtt: 0 },
    ],
  });
}

const FIGURES = `sampleCount goodCount badCount otherQualityCount goodRatio ${METRIC} badRatio ${METRIC}
  videoJitter { averageMs ${METRIC} p50Ms ${METRIC} p95Ms ${METRIC} } audioJitter { averageMs ${METRIC} }
  roundTrip { averageMs ${METRIC} p50Ms ${METRIC} } videoPackets { lostCount receivedCount lossRatio ${METRIC} }
  audioPackets { lostCount } receivedBytes sentBytes receivedMbps ${METRIC} sentMbps ${METRIC}`;
const OF_STREAM = rangeOf(DAY, '09:00', '11:00');

/** A client whose connection turns bad, ends and begins anew; its fourth sample comes when the others are long told. */
export const ingestQuality: Scenario = {
  name: 'ingest quality',
  steps: [
    {
      send: [
        stream.trace('09:59:40', 'gateway_receive_stream_request'),
        stream.status('09:59:45', { pipeline: 'streamdiffusion-sdxl', fps: 10 }),
        sample('09:59:50', { video: [1_000_000, 0, 1_000, 5, 0] }),
        sample('09:59:55', { video: [3_500_000, 2, 1_998, 10, 40_000_000] }),
        sample('10:00:00', { quality: 'bad', video: [4_000_000, 50, 2_450, 80, 60_000_000] }),
        sample('10:00:10', { quality: 'unknown', video: [200_000, 0, 100, 6, 0] }),
        sample('10:00:15', { video: [700_000, 1, 299, 7, 50_000_000] }),
        bare.ingest('15:00:00', { conn_quality: '', peer_conn_stats: {} }),
      ],
    },
    { settle: `${DAY}T10:30:00Z` },
    { send: [sample('10:00:05', { quality: 'bad', video: [4_600_000, 70, 2_930, 90, 70_000_000] })] },
    { settle: `${DAY}T11:00:00Z` },
  ],
  checks: [
    {
      rules: ['PARITY-001', 'AGGREGATE-006', 'FACT-002'],
      says: '6 samples, 3 good, 2 bad; 71 packets lost of 2129 + 71 known of; a connection that begins anew adds nothing',
      async run(api) {
        const { ingestQuality: answer } = await api.ask(
          `{ ingestQuality(${OF_STREAM}, bucket: HOUR_1) { total { ${FIGURES} } } }`,
        );
        const { videoJitter, roundTrip, receivedMbps, ...total } = answer.total;
        // pairs: 2.5 MB in 5 s, 0.5 MB in 5 s, 0.6 MB in 5 s, a fall, 0.5 MB in 5 s
        same(total, {
          ...{ sampleCount: 6, goodCount: 3, badCount: 2, otherQualityCount: 1 },
          ...{ goodRatio: known(3 / 6, 6), badRatio: known(2 / 6, 6) },
          audioJitter: { averageMs: known(20, 6) },
          videoPackets: { lostCount: 71, receivedCount: 2_129, lossRatio: known(71 / 2_200, 2_200) },
          ...{ audioPackets: { lostCount: 0 }, receivedBytes: 4_100_000, sentBytes: 0, sentMbps: known(0, 6) },
        });
        near(receivedMbps.value, (4_100_000 * 8) / (20 * 1e6));
        same(videoJitter.averageMs, known(198 / 6, 6));
        // ranks 3 and 6 of 5, 6, 7, 10, 80, 90
        near(videoJitter.p50Ms.value, 7, 0.01);
        near(videoJitter.p95Ms.value, 90, 0.01);
        same(roundTrip.averageMs, known(55, 4));
        // rank 2 of 40, 50, 60, 70: a round trip of 0 was not measured
        near(roundTrip.p50Ms.value, 50, 0.01);
      },
    },
    {
      rules: ['AGGREGATE-006', 'SERVING-001'],
      says: 'a sample counts in its hour, growth in the hour of the later reading; the key is the session’s, without an orchestrator',
      async run(api) {
        const { ingestQuality: answer } = await api.ask(`{ ingestQuality(${OF_STREAM}, bucket: HOUR_1,
          groupBy: [GATEWAY, PIPELINE, MODEL]) {
          points { metrics { sampleCount receivedBytes videoPackets { lostCount receivedCount } } }
          edges { node { gateway pipeline model orchestratorAddress metrics { sampleCount } } } } }`);
        same(answer.points, [
          { metrics: { sampleCount: 2, receivedBytes: 2_500_000, videoPackets: { lostCount: 2, receivedCount: 998 } } },
          {
            metrics: {
              sampleCount: 4,
              receivedBytes: 1_600_000,
              videoPackets: { lostCount: 69, receivedCount: 1_131 },
            },
          },
        ]);
        same(answer.edges, [
          {
            node: {
              gateway: scribe.gateway,
              pipeline: 'live-video-to-video',
              model: 'streamdiffusion-sdxl',
              orchestratorAddress: null,
              metrics: { sampleCount: 6 },
            },
          },
        ]);
      },
    },
    {
      rules: ['PARITY-001', 'AGGREGATE-004'],
      says: 'a session shows the same sums over its life; what a sample does not say is NO_DATA, never 0',
      async run(api) {
        const { sessions } =
          await api.ask(`{ sessions(startedIn: { start: "${DAY}T00:00:00Z", end: "${DAY}T23:00:00Z" }) {
          edges { node { streamId ingestQuality { sampleCount receivedBytes videoPackets { lostCount } } } } } }`);
        const empty = { sampleCount: 1, receivedBytes: 0, videoPackets: { lostCount: 0 } };
        same(sessions.edges, [
          { node: { streamId: 'ingest-bare', ingestQuality: empty } },
          {
            node: {
              streamId: 'ingest-stream',
              ingestQuality: { sampleCount: 6, receivedBytes: 4_100_000, videoPackets: { lostCount: 71 } },
            },
          },
        ]);
        const { ingestQuality: of } =
          await api.ask(`{ ingestQuality(${rangeOf(DAY, '15:00', '16:00')}, bucket: MINUTE_5) {
          total { ${FIGURES} } } }`);
        const none = missing();
        same(
          [of.total.sampleCount, of.total.goodRatio, of.total.roundTrip.p50Ms, of.total.videoJitter.p95Ms],
          [1, none, none, none],
        );
        same([of.total.videoPackets.lossRatio, of.total.receivedMbps.value], [none, null]);
      },
    },
  ],
};
