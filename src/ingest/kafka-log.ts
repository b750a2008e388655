import { type LogEntry, logLevel } from 'kafkajs';
import type { Log } from '../log.js';

/** kafkajs' own lines in our log: what it mends by itself (reconnects, rebalances) is no error of ours. */
export function kafkaLogCreator(log: Log): () => (entry: LogEntry) => void {
  return () =>
    ({ level, log: { message, timestamp: _timestamp, ...fields } }) => {
      const data = { kafka: message, ...fields };
      if (level === logLevel.ERROR || level === logLevel.WARN) {
        log.warn(data, 'kafka client reports');
      } else {
        log.debug(data, 'kafka client reports');
      }
    };
}
