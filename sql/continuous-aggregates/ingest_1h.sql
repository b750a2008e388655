-- Grain: one row per hour and grain; orchestrator and GPU are always blank. An hour is no sum of its 5 minutes: it has its own horizon.
-- about: Quality of the leg from clients to gateways (never of an orchestrator), one row per hour and grain [domain 4.4].
-- source: core.session_ingest_1h
-- bucket: 1 hour
-- chunk: 30 days
-- floor: core_floor
-- key: bucket_start, grain_id
select
  time_bucket(interval '1 hour', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 1 hour later
  grain_id, -- the row's dimensions, core.grain
  sum(sample_count)::bigint as sample_count, -- samples of the ingest; a gateway sends one per stream every 5 seconds
  sum(good_count)::bigint as good_count, -- samples of good quality, as the gateway judges it
  sum(bad_count)::bigint as bad_count, -- samples of bad quality
  sum(other_quality_count)::bigint as other_quality_count, -- samples of any other quality text; those without one are in none of the three
  sum(video_jitter_sample_count)::bigint as video_jitter_sample_count, -- samples with a jitter of the video
  sum(video_jitter_us_sum) as video_jitter_us_sum, -- microseconds of jitter of the video, summed over its samples
  sum(video_jitter_us_histogram) as video_jitter_us_histogram, -- mergeable bins of the jitter of the video in microseconds (src/domain/bins)
  sum(audio_jitter_sample_count)::bigint as audio_jitter_sample_count, -- samples with a jitter of the audio
  sum(audio_jitter_us_sum) as audio_jitter_us_sum, -- microseconds of jitter of the audio, summed over its samples
  sum(audio_jitter_us_histogram) as audio_jitter_us_histogram, -- mergeable bins of the jitter of the audio in microseconds (src/domain/bins)
  sum(rtt_sample_count)::bigint as rtt_sample_count, -- samples with a measured round trip
  sum(rtt_us_sum) as rtt_us_sum, -- microseconds of round trip, summed over its samples
  sum(rtt_us_histogram) as rtt_us_histogram, -- mergeable bins of the round trip in microseconds (src/domain/bins)
  sum(video_packets_lost) as video_packets_lost, -- packets of the video lost between consecutive readings
  sum(video_packets_received) as video_packets_received, -- packets of the video received between consecutive readings
  sum(audio_packets_lost) as audio_packets_lost, -- packets of the audio lost between consecutive readings
  sum(audio_packets_received) as audio_packets_received, -- packets of the audio received between consecutive readings
  sum(received_bytes) as received_bytes, -- bytes from client to gateway between consecutive readings
  sum(sent_bytes) as sent_bytes, -- bytes from gateway to client between consecutive readings
  sum(transfer_ms) as transfer_ms -- milliseconds between the readings whose growth is in the bytes
from core.session_ingest_1h
group by 1, 2
