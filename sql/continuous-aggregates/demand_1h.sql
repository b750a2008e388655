-- Grain: one row per hour and grain, split by what is known of GPU, selection and attribution.
-- Cohort [LIFECYCLE-008]: a session counts once, in the bucket of its start, with the flags of its whole life.
-- Not stacked on 5 minutes: those rows go after 90 days, while a late sighting may still change an older hour.
-- source: core.session_start
-- bucket: 1 hour
-- chunk: 30 days
-- floor: core_floor
-- key: bucket_start, grain_id, gpu_identity_status, selection_outcome, attribution_outcome
select
  time_bucket(interval '1 hour', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 1 hour later
  grain_id, -- the row's dimensions, core.grain
  gpu_identity_status, -- resolved (GPU known) or hardware_unresolved [AGGREGATE-003]
  selection_outcome, -- selected, no_orch or unknown
  attribution_outcome, -- outcome of the attribution of the session's last segment [ATTRIBUTION-004]
  sum(known_count)::bigint as known_count, -- sessions
  sum(requested_count)::bigint as requested_count, -- sessions that asked for an orchestrator
  sum(startup_success_count)::bigint as startup_success_count, -- requested sessions that became playable
  sum(no_orch_count)::bigint as no_orch_count, -- sessions whose selection_outcome is no_orch
  sum(startup_excused_count)::bigint as startup_excused_count, -- requested sessions whose start-up failed with an excusal
  sum(startup_failed_count)::bigint as startup_failed_count, -- requested sessions whose start-up failed without an excusal
  sum(loading_only_count)::bigint as loading_only_count, -- sessions with samples, none of them running
  sum(zero_output_count)::bigint as zero_output_count, -- sessions with samples, none with positive fps
  sum(output_failed_count)::bigint as output_failed_count, -- requested sessions that are loading_only or zero_output
  sum(effective_failed_count)::bigint as effective_failed_count, -- requested sessions that are startup_failed, loading_only or zero_output
  sum(swapped_explicit_count)::bigint as swapped_explicit_count, -- requested sessions with a swap event
  sum(swapped_inferred_count)::bigint as swapped_inferred_count, -- requested sessions with a swap known only by its effect
  sum(swapped_count)::bigint as swapped_count, -- requested sessions with a swap of either kind
  sum(cold_start_count)::bigint as cold_start_count, -- requested sessions that said they started cold
  sum(warm_start_count)::bigint as warm_start_count, -- requested sessions that said they started warm
  sum(loading_image_count)::bigint as loading_image_count -- requested sessions that were shown a loading image
from core.session_start
group by 1, 2, 3, 4, 5
