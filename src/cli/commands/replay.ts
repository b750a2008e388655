import { Argument, Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { type ReplayResult, replay } from '../../ingest/file-source.js';
import { createPool } from '../../warehouse/pool.js';
import type { Execute } from '../command-context.js';
import { closeAll } from '../command-lifetime.js';
import { decodeRules } from '../decode-rules.js';
import { orgOf } from '../topics.js';
import { openWarehouse } from '../warehouse-connections.js';

export function replayCommand(execute: Execute): CommandUnknownOpts {
  return new Command('replay')
    .description('Send the messages of a file through ingest; print a tally of verdicts and a rate.')
    .addArgument(new Argument('<file>', 'NDJSON, plain or compressed (.gz, .zst); - is standard input'))
    .option('--topic <topic>', 'topic, and so organisation, that the messages belong to', 'network_events')
    .addHelpText('after', '\nA second run of the same file adds nothing.')
    .action((path, { topic }) =>
      execute(async ({ config, log, signal, stdin, stdout }) => {
        const warehouse = await openWarehouse(config, log);
        const closers: (() => Promise<unknown>)[] = [warehouse.close];
        try {
          const pool = createPool({ url: warehouse.url('ingest'), name: 'naap replay', max: 3, log });
          closers.push(() => pool.end());
          const org = await orgOf(pool, topic);
          const { batchMessages } = config.ingest;
          const result = await replay({
            path,
            org,
            pool,
            rules: decodeRules(config),
            log,
            batchMessages,
            now: Date.now,
            stdin,
            signal,
          });
          stdout.write(tallyText(result));
        } finally {
          await closeAll(closers);
        }
      }),
    );
}

function tallyText({ tally, counts, consumedCount, skippedCount, seconds, messagesPerSecond }: ReplayResult): string {
  const rows = tally.map(({ family, verdict, reason, messageCount }) => [
    String(messageCount),
    verdict,
    family,
    reason,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map(([count = '', verdict = '', family = '', reason = '']) =>
    `${count.padStart(widths[0] ?? 0)}  ${verdict.padEnd(widths[1] ?? 0)}  ${family.padEnd(widths[2] ?? 0)}  ${reason}`.trimEnd(),
  );
  const { accepted, ignored, rejected, duplicate } = counts;
  const sum = `${consumedCount} consumed = ${accepted} accepted + ${ignored} ignored + ${rejected} rejected + ${duplicate} duplicate`;
  const rate = `${seconds.toFixed(1)} s, ${Math.round(messagesPerSecond)} messages/s`;
  const skipped = skippedCount > 0 ? `, ${skippedCount} lines were consumed before` : '';
  return `${[...lines, `${sum}; ${rate}${skipped}`].join('\n')}\n`;
}
