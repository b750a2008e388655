import { Kafka, logLevel } from 'kafkajs';
import type { Log } from '../log.js';

const ASK_EVERY_MS = 10_000;
const FRESH_FOR_MS = 30_000;

export interface BrokerProbe {
  /** Whether a broker answered within the last 30 seconds. */
  readonly isReady: () => boolean;
  readonly close: () => Promise<void>;
}

/** Asks the brokers for their cluster every 10 seconds, so that readiness answers without waiting for Kafka. */
export function openBrokerProbe(brokers: readonly string[], log: Log): BrokerProbe {
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId: 'naap-readiness',
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  let answeredAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> = Promise.resolve();

  async function ask(): Promise<void> {
    try {
      await admin.connect();
      await admin.describeCluster();
      answeredAt = performance.now();
    } catch (error) {
      log.debug({ err: error }, 'broker did not answer');
    }
  }

  asking = ask();
  const timer = setInterval(() => {
    asking = asking.then(ask);
  }, ASK_EVERY_MS);
  return {
    isReady: () => performance.now() - answeredAt < FRESH_FOR_MS,
    async close() {
      clearInterval(timer);
      await asking;
      await admin.disconnect();
    },
  };
}
