import type { RecountPair } from './recount-pair.js';

/** Growth of two counters since the reading before, 0 when either fell; over the readings that have both. */
const growth = (name: string, one: string, other: string): string => `
  select org, session_key, event_at, event_id,
    case when one >= lag(one) over w and other >= lag(other) over w then one - lag(one) over w else 0 end as ${name}_one,
    case when one >= lag(one) over w and other >= lag(other) over w then other - lag(other) over w else 0 end as ${name}_other,
    case when one >= lag(one) over w and other >= lag(other) over w
      then (extract(epoch from event_at - lag(event_at) over w) * 1000)::bigint else 0 end as ${name}_ms
  from (
    select org, session_key, event_at, event_id, ${one} as one, ${other} as other
    from fact.session_event where ${one} is not null and ${other} is not null
  ) as r
  window w as (partition by org, session_key order by event_at, event_id collate "C")`;

const us = (column: string): string => `round(e.${column}::numeric * 1000)`;

/** Samples of the ingest over all rows at once: no fold, no slice, no prefix [domain 4.4, PARITY-002]. */
export const INGEST_PAIRS: readonly RecountPair[] = (['5m', '1h'] as const).map((width) => ({
  what: `ingest by ${width}: each sample once, growth of counters in the bucket of the later reading`,
  facts: `
    select concat_ws(' ', e.org, e.session_key, public.time_bucket('${width === '5m' ? '5 minutes' : '1 hour'}', e.event_at),
      count(*), count(*) filter (where lower(e.conn_quality) = 'good'), count(*) filter (where lower(e.conn_quality) = 'bad'),
      count(e.video_jitter_ms), coalesce(sum(${us('video_jitter_ms')}), 0), coalesce(sum(${us('audio_jitter_ms')}), 0),
      count(nullif(e.rtt_ms, 0)), coalesce(sum(${us('rtt_ms')}), 0),
      coalesce(sum(v.v_one), 0), coalesce(sum(v.v_other), 0), coalesce(sum(a.a_one), 0), coalesce(sum(a.a_other), 0),
      coalesce(sum(t.t_one), 0), coalesce(sum(t.t_other), 0), coalesce(sum(t.t_ms), 0)) as line
    from fact.session_event as e
    left join (${growth('v', 'video_packets_lost', 'video_packets_received')}) as v using (org, session_key, event_at, event_id)
    left join (${growth('a', 'audio_packets_lost', 'audio_packets_received')}) as a using (org, session_key, event_at, event_id)
    left join (${growth('t', 'bytes_received', 'bytes_sent')}) as t using (org, session_key, event_at, event_id)
    where e.conn_quality is not null
    group by e.org, e.session_key, public.time_bucket('${width === '5m' ? '5 minutes' : '1 hour'}', e.event_at)`,
  core: `
    select concat_ws(' ', org, session_key, bucket_start, sample_count, good_count, bad_count, video_jitter_sample_count,
      video_jitter_us_sum, audio_jitter_us_sum, rtt_sample_count, rtt_us_sum, video_packets_lost, video_packets_received,
      audio_packets_lost, audio_packets_received, received_bytes, sent_bytes, transfer_ms) as line
    from core.session_ingest_${width}`,
}));
