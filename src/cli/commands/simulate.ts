import { Command, type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import {
  defaultGateways,
  defaultOrchestrators,
  type SimulatedTopic,
  type SimulationOptions,
} from '../../simulator/options.js';
import { brokerList, instant, positiveNumber, ratio, wholeNumber } from '../argument.js';
import type { CommandContext, Execute } from '../command-context.js';
import { openMessageSink, type SinkOptions } from '../message-sink.js';
import { liveBatches, recordedBatches, writeOutcomes } from '../simulation.js';

const DEFAULT_START_MS = Date.UTC(2026, 0, 1);
const TOPICS = ['network_events', 'streaming_events'] as const satisfies readonly SimulatedTopic[];

export function simulateCommand(execute: Execute): CommandUnknownOpts {
  return new Command('simulate')
    .description('Publish the telemetry of a simulated network: the same bytes for the same flags.')
    .option('--seed <number>', 'another number is another network', wholeNumber(0), 1)
    .option('--sessions <count>', 'sessions that begin within the hours', wholeNumber(0), 100)
    .option('--hours <hours>', 'length of the window in which sessions begin', positiveNumber, 1)
    .option('--start <instant>', 'begin of the window; 2026-01-01 by default, now with --live', instant)
    .option('--orchestrators <count>', 'orchestrators of the network', wholeNumber(1), defaultOrchestrators)
    .option('--gateways <count>', 'gateways of the network', wholeNumber(1), defaultGateways)
    .option('--v1-gateways <count>', 'how many of the gateways speak the spec dialect v1', wholeNumber(0), 0)
    .option('--duplicate <ratio>', 'share of messages published twice', ratio, 0)
    .option('--shuffle <ms>', 'delay each message by up to so many milliseconds', wholeNumber(0), 0)
    .option('--late <ratio>', 'share of messages published 2 minutes to 4 hours late', ratio, 0)
    .option('--drop <ratio>', 'share of messages never published', ratio, 0)
    .option('--garbage <ratio>', 'garbage messages added per message', ratio, 0)
    .option('--noise', 'add the families that ingest ignores, at their real rate', false)
    .option('--expect <file>', 'write what sessions, payments, tickets and jobs truly were, as NDJSON')
    .option('--live', 'publish at the pace of the clock, without an end', false)
    .addOption(new Option('--topic <topic>', 'publish the messages of one topic only').choices(TOPICS))
    .option('--out <file>', 'write NDJSON to a file instead of standard output')
    .addOption(
      new Option('--kafka <brokers>', 'publish to Kafka instead, each message to its topic')
        .argParser(brokerList)
        .conflicts('out'),
    )
    .addHelpText('after', '\nNDJSON lines do not say their topic; use --topic when a file is to be replayed.')
    .action((flags) =>
      execute((context) => {
        const startMs = flags.start ?? (flags.live ? Date.now() : DEFAULT_START_MS);
        const options: SimulationOptions = {
          seed: flags.seed,
          sessions: flags.sessions,
          hours: flags.hours,
          startMs,
          orchestrators: flags.orchestrators,
          gateways: flags.gateways,
          noise: flags.noise,
          v1Gateways: flags.v1Gateways,
          faults: {
            duplicateRatio: flags.duplicate,
            shuffleWindowMs: flags.shuffle,
            lateRatio: flags.late,
            dropRatio: flags.drop,
            garbageRatio: flags.garbage,
          },
        };
        return runSimulation(context, {
          options,
          isLive: flags.live,
          expectFile: flags.expect,
          topic: flags.topic,
          sink: { file: flags.out, brokers: flags.kafka },
        });
      }),
    );
}

interface SimulationRun {
  readonly options: SimulationOptions;
  readonly isLive: boolean;
  readonly expectFile: string | undefined;
  readonly topic: SimulatedTopic | undefined;
  readonly sink: SinkOptions;
}

async function runSimulation({ signal, stdout, log }: CommandContext, run: SimulationRun): Promise<void> {
  const { options, isLive, expectFile, topic } = run;
  if (expectFile !== undefined) await writeOutcomes(options, expectFile);
  const batches = isLive ? liveBatches(options, { now: Date.now, signal }) : recordedBatches(options);
  const sink = await openMessageSink(run.sink, stdout);
  let messageCount = 0;
  try {
    for await (const batch of batches) {
      if (signal.aborted) break;
      const wanted = topic === undefined ? batch : batch.filter((message) => message.topic === topic);
      await sink.write(wanted);
      messageCount += wanted.length;
    }
  } finally {
    await sink.close();
  }
  log.info({ messages: messageCount, sessions: options.sessions }, 'simulation published');
}
