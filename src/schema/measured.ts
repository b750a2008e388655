import type { EventMeasurement } from '../resolvers/event-sources.js';
import type { Builder } from './builder.js';

/** What a sample measured: the values that averages, percentiles and counts of samples are made of [LINEAGE-002]. */
export function defineMeasured(builder: Builder) {
  return builder.objectRef<EventMeasurement>('EventMeasurement').implement({
    description: 'What one sample measured; a value that it does not have is null.',
    fields: (t) => {
      const count = (name: CountName, description: string) =>
        t.expose(name, { type: 'Count', nullable: true, description: `${description}; null when not said.` });
      const number = (name: NumberName, description: string) =>
        t.exposeFloat(name, { nullable: true, description: `${description}; null when not said.` });
      return {
        state: t.exposeString('state', {
          nullable: true,
          description: 'State that a status names; null when it names none.',
        }),
        outputFps: number('outputFps', 'Output frames per second'),
        inputFps: number('inputFps', 'Input frames per second'),
        isError: t.exposeBoolean('isError', { description: 'Whether it is a status with an error or in state ERROR.' }),
        restartCount: count('restartCount', 'Restarts as the runner counts them'),
        promptAt: t.expose('promptAt', {
          type: 'DateTime',
          nullable: true,
          description: 'Start time of the prompt, from which PTFF counts; null when not said.',
        }),
        connectionQuality: t.exposeString('connectionQuality', {
          nullable: true,
          description: 'Quality of the client’s connection as the gateway calls it; null when not said.',
        }),
        receivedBytes: count('receivedBytes', 'Bytes received from the client since it connected'),
        sentBytes: count('sentBytes', 'Bytes sent to the client since it connected'),
        videoJitterMs: number('videoJitterMs', 'Jitter of video, milliseconds'),
        audioJitterMs: number('audioJitterMs', 'Jitter of audio, milliseconds'),
        roundTripMs: number('roundTripMs', 'Round trip to the client, milliseconds'),
        videoPacketsLost: count('videoPacketsLost', 'Video packets lost since it connected'),
        videoPacketsReceived: count('videoPacketsReceived', 'Video packets received since it connected'),
        audioPacketsLost: count('audioPacketsLost', 'Audio packets lost since it connected'),
        audioPacketsReceived: count('audioPacketsReceived', 'Audio packets received since it connected'),
      };
    },
  });
}

type CountName =
  | 'restartCount'
  | 'receivedBytes'
  | 'sentBytes'
  | 'videoPacketsLost'
  | 'videoPacketsReceived'
  | 'audioPacketsLost'
  | 'audioPacketsReceived';
type NumberName = 'outputFps' | 'inputFps' | 'videoJitterMs' | 'audioJitterMs' | 'roundTripMs';
