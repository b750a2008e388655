import { rangeOf, same } from '../expectation.js';
import { createScribe, orchestratorOf, surfaceOf } from '../messages.js';
import type { Scenario } from '../scenario.js';

const DAY = '2026-02-04';
const MODEL = 'streamdiffusion-params';
const scribe = createScribe('params', DAY);
const emma = orchestratorOf('emma');
const stream = scribe.stream('params-stream');

/** A stream whose parameters change, whose worker restarts and whose report changes, on one orchestrator. */
export const parameterUpdates: Scenario = {
  name: 'success with parameter updates',
  steps: [
    {
      send: [
        scribe.report('09:00:00', [surfaceOf(emma, MODEL, 'GPU-params-1')]),
        stream.trace('09:05:00', 'gateway_receive_stream_request'),
        stream.trace('09:05:01', 'gateway_send_first_ingest_segment', { by: emma }),
        stream.trace('09:05:02', 'gateway_receive_few_processed_segments', { by: emma }),
        stream.status('09:05:10', { by: emma, fps: 20, state: 'ONLINE', pipeline: MODEL }),
        stream.event('09:05:15', 'params_update', { pipeline: MODEL, params: { prompt: 'a secret garden' } }),
        stream.status('09:05:20', { by: emma, fps: 21, state: 'ONLINE', pipeline: 'pip_sdxl-turbo' }),
        stream.event('09:05:25', 'restart', { pipeline: MODEL }),
        // the same orchestrator under its key alone, and another GPU from now on
        scribe.report('09:05:26', [surfaceOf(emma, MODEL, 'GPU-params-2')]),
        stream.status('09:05:30', { by: { hotKey: emma.hotKey }, fps: 22, state: 'ONLINE', restarts: 1 }),
      ],
    },
  ],
  checks: [
    {
      rules: ['LIFECYCLE-006', 'LIFECYCLE-005', 'ATTRIBUTION-002'],
      says: 'parameters, another model text, a restart, another GPU and the key in place of the URL never split: one segment, no swap',
      async run(api) {
        const { sessions } = await api.ask(`{ sessions(streamId: "params-stream") { edges { node { hasRestart model
          restartCount parameterUpdateCount segmentCount explicitSwapCount inferredSwapCount segments { orchestratorAddress statusSampleCount } } } } }`);
        same(sessions.edges[0].node, {
          hasRestart: true,
          model: MODEL,
          restartCount: 1,
          parameterUpdateCount: 1,
          segmentCount: 1,
          explicitSwapCount: 0,
          inferredSwapCount: 0,
          segments: [{ orchestratorAddress: emma.address, statusSampleCount: 3 }],
        });
      },
    },
    {
      rules: ['LIFECYCLE-009'],
      says: 'its 3 samples are one row of service, with one update and the restart that was announced and counted',
      async run(api) {
        const { serviceMetrics } = await api.ask(`{ serviceMetrics(${rangeOf(DAY)}, bucket: HOUR_1,
          groupBy: [ORCHESTRATOR, GPU, MODEL]) { totalCount total { statusSampleCount requestedCount
            restartCount parameterUpdateCount } } }`);
        const counted = { restartCount: 1, parameterUpdateCount: 1 };
        same(serviceMetrics, { totalCount: 1, total: { statusSampleCount: 3, requestedCount: 1, ...counted } });
      },
    },
  ],
};
