import type { IngestMetricsFact } from '../../domain/event.js';
import { integerOf, isObject, type JsonObject, numberOf, objectAt, objectsOf } from '../../domain/json-fields.js';
import { label } from '../../domain/text.js';
import { type FamilyDecoder, gatewaySessionEvent, mismatch, readSessionIds, sessionFact } from './family.js';

const NS_PER_MS = 1e6;

export const INGEST_METRICS: FamilyDecoder = {
  decode: (input) => {
    const { data } = input;
    if (!isObject(data)) {
      return mismatch('data is not an object');
    }
    const ids = readSessionIds(data);
    if (ids === null) {
      return mismatch('data has neither stream_id nor request_id');
    }
    if (!isObject(data.stats)) {
      return mismatch('data.stats is not an object');
    }
    const event = gatewaySessionEvent(input, data, ids, { familyRank: 3, name: 'ingest_metrics' });
    event.ingest = readStats(data.stats);
    return sessionFact(event);
  },
};

function readStats(stats: JsonObject): IngestMetricsFact {
  const peer = objectAt(stats, 'peer_conn_stats');
  const tracks = objectsOf(stats.track_stats);
  const video = tracks.find(({ type }) => type === 'video') ?? {};
  const audio = tracks.find(({ type }) => type === 'audio') ?? {};
  const rttNs = numberOf(video.rtt) ?? numberOf(audio.rtt);
  return {
    connQuality: label(stats.conn_quality),
    bytesReceived: integerOf(peer.BytesReceived),
    bytesSent: integerOf(peer.BytesSent),
    videoJitterMs: numberOf(video.jitter),
    videoPacketsLost: integerOf(video.packets_lost),
    videoPacketsReceived: integerOf(video.packets_received),
    audioJitterMs: numberOf(audio.jitter),
    audioPacketsLost: integerOf(audio.packets_lost),
    audioPacketsReceived: integerOf(audio.packets_received),
    rttMs: rttNs === null ? null : rttNs / NS_PER_MS,
  };
}
