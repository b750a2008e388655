import { bucketRows } from '../resolvers/bucket-rows.js';
import { gpuModels } from '../resolvers/gpus.js';
import { SERVICE } from '../resolvers/service.js';
import {
  averageFps,
  averageLatency,
  fpsJitter,
  latencyPercentile,
  serviceMinutes,
  sessionRatio,
} from '../resolvers/service-figures.js';
import { bucketListAnswer, bucketListParameters, bucketQuestion, widthParameter } from './bucket-list.js';
import { defineRoute, metricFields } from './rest-route.js';

/**
 * `GET /v1/gpu/metrics`: what known GPUs served by bucket, orchestrator, region, pipeline and model, newest first
 * [AGGREGATE-004]. There are no minutes: session counters of service have none.
 */
export const gpuMetricsRoute = defineRoute({
  parameters: { ...bucketListParameters, window: widthParameter(['5m', '1h', '1d']) },
  answer: async (context, parameters) => {
    const question = bucketQuestion(parameters);
    const page = await bucketRows(context, SERVICE, {
      ...question,
      where: { ...question.where, isHardwareBacked: true },
      groupBy: ['ORG', 'ORCHESTRATOR', 'PIPELINE', 'MODEL', 'GPU', 'REGION'],
    });
    const names = await gpuModels(
      context,
      page.edges.flatMap(({ node }) => node.grain.GPU || []),
    );
    return bucketListAnswer(context, page, ({ grain, sums }) => ({
      org: grain.ORG || null,
      orchestrator_address: grain.ORCHESTRATOR || null,
      pipeline_id: grain.PIPELINE || null,
      model_id: grain.MODEL || null,
      gpu_id: grain.GPU || null,
      gpu_model_name: names.get(grain.GPU ?? '') ?? null,
      region: grain.REGION || null,
      known_sessions_count: sums.sessions.known,
      requested_sessions: sums.sessions.requested,
      startup_success_sessions: sums.sessions.startupSuccess,
      fps_sample_count: sums.samples.fpsSample,
      e2e_sample_count: sums.latencies.e2e.sampleCount,
      prompt_to_first_frame_sample_count: sums.latencies.ptff.sampleCount,
      ...metricFields({
        service_minutes: serviceMinutes(sums),
        avg_output_fps: averageFps(sums),
        fps_jitter: fpsJitter(sums),
        avg_startup_latency_ms: averageLatency(sums.latencies.startup),
        avg_e2e_latency_ms: averageLatency(sums.latencies.e2e),
        p95_e2e_latency_ms: latencyPercentile(sums.latencies.e2e, 0.95),
        avg_prompt_to_first_frame_ms: averageLatency(sums.latencies.ptff),
        startup_success_rate: sessionRatio('startupSuccess', sums.sessions),
        swap_rate: sessionRatio('swap', sums.sessions),
      }),
    }));
  },
});
