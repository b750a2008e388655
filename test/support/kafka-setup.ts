import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { createKafkaBroker } from './kafka-broker.js';

const run = promisify(execFile);

/** The broker of a test run; without one, the reason. */
type ProvidedKafka = { readonly brokers: readonly string[] } | { readonly unavailable: string };

declare module 'vitest' {
  interface ProvidedContext {
    kafka: ProvidedKafka;
  }
}

/**
 * `KAFKA_BROKERS` names a real broker to use in place of our own. Without Java, Maven and a broker the Kafka tests are
 * skipped, loudly; under `CI=true` that is a failure.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const named = process.env.KAFKA_BROKERS;
  if (named) {
    project.provide('kafka', { brokers: named.split(',') });
    return undefined;
  }
  try {
    await Promise.all([run('java', ['-version']), run('mvn', ['-version'])]);
  } catch (error) {
    const reason = 'there is no broker: set KAFKA_BROKERS, or install Java 17 and Maven';
    if (process.env.CI === 'true') throw new Error(reason, { cause: error });
    process.stderr.write(`\n*** KAFKA TESTS SKIPPED: ${reason} ***\n\n`);
    project.provide('kafka', { unavailable: reason });
    return undefined;
  }
  const broker = await createKafkaBroker();
  project.provide('kafka', { brokers: broker.brokers });
  return () => broker.remove();
}
