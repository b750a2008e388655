import { known, METRIC, rangeOf, same } from '../expectation.js';
import { createScribe, orchestratorOf, surfaceOf } from '../messages.js';
import type { Scenario } from '../scenario.js';

const MODEL = 'streamdiffusion-mute';
const SERVICE = `total { requestedCount statusSampleCount loadingOnlyCount zeroOutputCount outputFailedCount effectiveFailedCount }`;

function serviceOf(day: string, from: string, to: string): string {
  return `{ serviceMetrics(${rangeOf(day, from, to)}, bucket: HOUR_1) { ${SERVICE} }
    networkDemand(${rangeOf(day)}, bucket: HOUR_1) { ${SERVICE.replace('statusSampleCount', '')} } }`;
}
const FAILED = {
  requestedCount: 1,
  loadingOnlyCount: 1,
  zeroOutputCount: 1,
  outputFailedCount: 1,
  effectiveFailedCount: 1,
};

const sameHour = createScribe('mute-hour', '2026-02-05');
const faye = orchestratorOf('faye');
const hourStream = sameHour.stream('mute-hour-stream');

/** Nothing but LOADING, in the hour of the request. */
export const sameHourNoOutput: Scenario = {
  name: 'same-hour no-output failure kept',
  steps: [
    {
      send: [
        sameHour.report('09:00:00', [surfaceOf(faye, MODEL, 'GPU-mute-1')]),
        hourStream.trace('09:05:00', 'gateway_receive_stream_request'),
        hourStream.status('09:05:10', { by: faye, state: 'LOADING' }),
        // no state: fps decides, and 0 is LOADING
        hourStream.status('09:05:20', { by: faye }),
      ],
    },
  ],
  checks: [
    {
      rules: ['LIFECYCLE-007', 'LIFECYCLE-009', 'AGGREGATE-002'],
      says: 'kept in service and demand: loading only and without output, one failure by their union, 1 of 3 health signals',
      async run(api) {
        const { serviceMetrics, networkDemand } = await api.ask(serviceOf('2026-02-05', '09:00', '10:00'));
        same(serviceMetrics.total, { ...FAILED, statusSampleCount: 2 });
        same(networkDemand.total, FAILED);
        const { sessions } = await api.ask(
          `{ sessions(streamId: "mute-hour-stream") { edges { node { healthCoverageRatio ${METRIC} } } } }`,
        );
        same(sessions.edges[0].node.healthCoverageRatio, known(1 / 3, 3));
      },
    },
  ],
};

const active = createScribe('mute-active', '2026-02-06');
const gina = orchestratorOf('gina');
const activeStream = active.stream('mute-active-stream');

/** Requested in one hour; in a later one, after a silent hour, three samples without output. */
export const activeNoOutput: Scenario = {
  name: 'active no-output kept',
  steps: [
    {
      send: [
        active.report('08:55:00', [surfaceOf(gina, MODEL, 'GPU-mute-2')]),
        activeStream.trace('08:59:00', 'gateway_receive_stream_request'),
        ...['10:00:05', '10:00:15', '10:00:25'].map((time) =>
          activeStream.status(time, { by: gina, state: 'OFFLINE' }),
        ),
      ],
    },
  ],
  checks: [
    {
      rules: ['LIFECYCLE-009', 'LIFECYCLE-008'],
      says: 'three samples are no tail: kept in the hour of 10:00, while demand stays in 08:00',
      async run(api) {
        const { serviceMetrics, networkDemand } = await api.ask(serviceOf('2026-02-06', '10:00', '11:00'));
        same(serviceMetrics.total, { ...FAILED, statusSampleCount: 3 });
        same(networkDemand.total, FAILED);
        const hour = await api.ask(
          `{ networkDemand(${rangeOf('2026-02-06', '08:00', '09:00')}, bucket: HOUR_1) { total { requestedCount } } }`,
        );
        same(hour.networkDemand.total, { requestedCount: 1 });
      },
    },
  ],
};

const rollover = createScribe('mute-tail', '2026-02-07');
const hana = orchestratorOf('hana');
const tailStream = rollover.stream('mute-tail-stream');

/** Requested just before the hour, two samples without output just after it, then nothing. */
export const rolloverTail: Scenario = {
  name: 'rollover tail dropped',
  steps: [
    {
      send: [
        rollover.report('08:50:00', [surfaceOf(hana, MODEL, 'GPU-mute-3')]),
        tailStream.trace('08:59:50', 'gateway_receive_stream_request'),
        tailStream.trace('08:59:52', 'gateway_send_first_ingest_segment', { by: hana }),
        tailStream.status('09:00:00', { by: hana, state: 'LOADING' }),
        tailStream.status('09:00:10', { by: hana, state: 'OFFLINE' }),
      ],
    },
  ],
  checks: [
    {
      rules: ['LIFECYCLE-009'],
      says: 'the hour after has no row and no score of it; nothing says 0',
      async run(api) {
        const { serviceMetrics } = await api.ask(serviceOf('2026-02-07', '09:00', '10:00'));
        same(serviceMetrics.total, null);
        const { slaScores } = await api.ask(
          `{ slaScores(${rangeOf('2026-02-07', '09:00', '10:00')}, bucket: HOUR_1) { totalCount total { value ${METRIC} } } }`,
        );
        same(slaScores, { totalCount: 0, total: null });
      },
    },
    {
      rules: ['LIFECYCLE-009', 'LINEAGE-002'],
      says: 'the way back from the empty hour still lists the tail, and says that it is one',
      async run(api) {
        const { serviceMetrics } =
          await api.ask(`{ serviceMetrics(${rangeOf('2026-02-07', '09:00', '10:00')}, bucket: HOUR_1) {
          contributions { totalCount edges { node { isTerminalTail session { streamId } metrics { statusSampleCount } } } } } }`);
        same(serviceMetrics.contributions, {
          totalCount: 1,
          edges: [
            {
              node: {
                isTerminalTail: true,
                session: { streamId: 'mute-tail-stream' },
                metrics: { statusSampleCount: 2 },
              },
            },
          ],
        });
      },
    },
    {
      rules: ['LIFECYCLE-008'],
      says: 'a tail is never left out of demand: one failure in the hour of 08:00',
      async run(api) {
        const { networkDemand } = await api.ask(
          `{ networkDemand(${rangeOf('2026-02-07', '08:00', '09:00')}, bucket: HOUR_1) { ${SERVICE.replace('statusSampleCount', '')} } }`,
        );
        same(networkDemand.total, FAILED);
      },
    },
  ],
};
