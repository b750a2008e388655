-- Grain: one row per hour and grain (org, gateway, orchestrator, pipeline, model, gpu, region, synthetic).
-- Period [LIFECYCLE-009]: a session counts in every bucket in which it shows an identity, once for each identity.
-- source: core.session_bucket_1h
-- bucket: 1 hour
-- chunk: 30 days
-- floor: core_floor
-- key: bucket_start, grain_id
select
  time_bucket(interval '1 hour', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 1 hour later
  grain_id, -- the row's dimensions, core.grain
  sum(known_count)::bigint as known_count, -- session buckets
  sum(requested_count)::bigint as requested_count, -- session buckets that asked for an orchestrator
  sum(startup_success_count)::bigint as startup_success_count, -- requested session buckets that became playable
  sum(no_orch_count)::bigint as no_orch_count, -- session buckets whose selection_outcome is no_orch
  sum(startup_excused_count)::bigint as startup_excused_count, -- requested session buckets whose start-up failed with an excusal
  sum(startup_failed_count)::bigint as startup_failed_count, -- requested session buckets whose start-up failed without an excusal
  sum(loading_only_count)::bigint as loading_only_count, -- session buckets whose identity had samples by the horizon, none of them running
  sum(zero_output_count)::bigint as zero_output_count, -- session buckets whose identity had samples by the horizon, none with positive fps
  sum(output_failed_count)::bigint as output_failed_count, -- requested session buckets that are loading_only or zero_output
  sum(effective_failed_count)::bigint as effective_failed_count, -- requested session buckets that are startup_failed, loading_only or zero_output
  sum(swapped_explicit_count)::bigint as swapped_explicit_count, -- requested session buckets with a swap event
  sum(swapped_inferred_count)::bigint as swapped_inferred_count, -- requested session buckets with a swap known only by its effect
  sum(swapped_count)::bigint as swapped_count, -- requested session buckets with a swap of either kind
  sum(cold_start_count)::bigint as cold_start_count, -- requested session buckets that said they started cold
  sum(warm_start_count)::bigint as warm_start_count, -- requested session buckets that said they started warm
  sum(loading_image_count)::bigint as loading_image_count, -- requested session buckets that were shown a loading image by the horizon
  sum(status_sample_count)::bigint as status_sample_count, -- status samples
  sum(error_sample_count)::bigint as error_sample_count, -- samples with last_error or state ERROR
  sum(loading_sample_count)::bigint as loading_sample_count, -- samples in state LOADING
  sum(offline_sample_count)::bigint as offline_sample_count, -- samples in state OFFLINE
  sum(online_sample_count)::bigint as online_sample_count, -- samples in state ONLINE
  sum(degraded_input_sample_count)::bigint as degraded_input_sample_count, -- samples in state DEGRADED_INPUT
  sum(degraded_inference_sample_count)::bigint as degraded_inference_sample_count, -- samples in state DEGRADED_INFERENCE
  sum(error_state_sample_count)::bigint as error_state_sample_count, -- samples in state ERROR
  sum(fps_sample_count)::bigint as fps_sample_count, -- samples with an output fps
  sum(fps_positive_count)::bigint as fps_positive_count, -- samples with an output fps above 0
  sum(fps_sum) as fps_sum, -- frames per second, summed over fps samples
  sum(fps_square_sum) as fps_square_sum, -- squares of frames per second, summed over fps samples
  sum(fps_histogram) as fps_histogram, -- mergeable bins of output fps (src/domain/bins)
  sum(input_fps_sample_count)::bigint as input_fps_sample_count, -- samples with an input fps
  sum(input_fps_sum) as input_fps_sum, -- frames per second of input, summed over its samples
  sum(health_observed_count)::bigint as health_observed_count, -- health signals observed [LIFECYCLE-007]
  sum(health_expected_count)::bigint as health_expected_count, -- health signals expected
  sum(legacy_health_observed_count)::bigint as legacy_health_observed_count, -- health signals observed, with the predecessor's third signal
  sum(service_ms_sum)::bigint as service_ms_sum, -- milliseconds of service: between events at most 2 min apart
  sum(restart_count)::bigint as restart_count, -- restarts, one that is both announced and counted once
  sum(parameter_update_count)::bigint as parameter_update_count, -- parameter updates
  sum(startup_sample_count)::bigint as startup_sample_count, -- sessions with a start-up latency
  sum(startup_ms_sum)::bigint as startup_ms_sum, -- milliseconds of start-up latency, summed over its samples
  sum(startup_ms_histogram) as startup_ms_histogram, -- mergeable bins of start-up latency in ms (src/domain/bins)
  sum(cold_startup_sample_count)::bigint as cold_startup_sample_count, -- sessions with a start-up latency that said they started cold
  sum(cold_startup_ms_sum)::bigint as cold_startup_ms_sum, -- milliseconds of cold start-up latency, summed over its samples
  sum(cold_startup_ms_histogram) as cold_startup_ms_histogram, -- mergeable bins of cold start-up latency in ms (src/domain/bins)
  sum(warm_startup_sample_count)::bigint as warm_startup_sample_count, -- sessions with a start-up latency that said they started warm
  sum(warm_startup_ms_sum)::bigint as warm_startup_ms_sum, -- milliseconds of warm start-up latency, summed over its samples
  sum(warm_startup_ms_histogram) as warm_startup_ms_histogram, -- mergeable bins of warm start-up latency in ms (src/domain/bins)
  sum(e2e_sample_count)::bigint as e2e_sample_count, -- sessions with a end-to-end latency
  sum(e2e_ms_sum)::bigint as e2e_ms_sum, -- milliseconds of end-to-end latency, summed over its samples
  sum(e2e_ms_histogram) as e2e_ms_histogram, -- mergeable bins of end-to-end latency in ms (src/domain/bins)
  sum(gateway_round_trip_sample_count)::bigint as gateway_round_trip_sample_count, -- sessions with a gateway round trip
  sum(gateway_round_trip_ms_sum)::bigint as gateway_round_trip_ms_sum, -- milliseconds of gateway round trip, summed over its samples
  sum(gateway_round_trip_ms_histogram) as gateway_round_trip_ms_histogram, -- mergeable bins of gateway round trip in ms (src/domain/bins)
  sum(ptff_sample_count)::bigint as ptff_sample_count, -- sessions with a prompt to first frame
  sum(ptff_ms_sum)::bigint as ptff_ms_sum, -- milliseconds of prompt to first frame, summed over its samples
  sum(ptff_ms_histogram) as ptff_ms_histogram, -- mergeable bins of prompt to first frame in ms (src/domain/bins)
  sum(hop_gateway_runner_sample_count)::bigint as hop_gateway_runner_sample_count, -- sessions with a hop from gateway to runner
  sum(hop_gateway_runner_ms_sum)::bigint as hop_gateway_runner_ms_sum, -- milliseconds of hop from gateway to runner, summed over its samples
  sum(hop_gateway_runner_ms_histogram) as hop_gateway_runner_ms_histogram, -- mergeable bins of hop from gateway to runner in ms (src/domain/bins)
  sum(hop_runner_sample_count)::bigint as hop_runner_sample_count, -- sessions with a processing in the runner
  sum(hop_runner_ms_sum)::bigint as hop_runner_ms_sum, -- milliseconds of processing in the runner, summed over its samples
  sum(hop_runner_ms_histogram) as hop_runner_ms_histogram, -- mergeable bins of processing in the runner in ms (src/domain/bins)
  sum(hop_runner_gateway_sample_count)::bigint as hop_runner_gateway_sample_count, -- sessions with a hop from runner to gateway
  sum(hop_runner_gateway_ms_sum)::bigint as hop_runner_gateway_ms_sum, -- milliseconds of hop from runner to gateway, summed over its samples
  sum(hop_runner_gateway_ms_histogram) as hop_runner_gateway_ms_histogram, -- mergeable bins of hop from runner to gateway in ms (src/domain/bins)
  sum(tx_sample_count)::bigint as tx_sample_count, -- samples that tell of bytes sent by the runner
  sum(tx_bytes_sum) as tx_bytes_sum, -- bytes sent by the runner between two readings, in the bucket of the second
  sum(tx_ms_sum)::bigint as tx_ms_sum, -- milliseconds between those readings: what the bytes are over
  sum(rx_sample_count)::bigint as rx_sample_count, -- samples that tell of bytes received by the runner
  sum(rx_bytes_sum) as rx_bytes_sum, -- bytes received by the runner between two readings, in the bucket of the second
  sum(rx_ms_sum)::bigint as rx_ms_sum, -- milliseconds between those readings: what the bytes are over
  sum(gpu_utilisation_sample_count)::bigint as gpu_utilisation_sample_count, -- samples with a GPU utilisation
  sum(gpu_utilisation_sum) as gpu_utilisation_sum, -- GPU utilisation 0 to 1, summed over its samples
  sum(flops_sample_count)::bigint as flops_sample_count, -- samples with both achieved and peak operations
  sum(achieved_flops_sum) as achieved_flops_sum, -- floating-point operations per second achieved, summed over these samples
  sum(peak_flops_sum) as peak_flops_sum, -- floating-point operations per second possible, summed over these samples
  max(last_seen_at) as last_seen_at -- newest event of the sessions counted, as the bucket knew them
from core.session_bucket_1h
where not is_tail
group by 1, 2
