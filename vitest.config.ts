import { defineConfig } from 'vitest/config';

// `unit` does no I/O. The others share one PostgreSQL and one Kafka broker per run, started on first need.
// Time-outs are ceilings for what hangs, ten times and more what anything takes: no test measures time by them.
export default defineConfig({
  // Node loads graphql's CommonJS build and Vite would load its other one: two copies refuse each other's types.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    setupFiles: ['test/support/property-seed.ts'],
    projects: [
      {
        extends: true,
        // files share one process: they hold no state, and loading the same modules for each took a third of their time;
        // generated worlds by the hundreds take a second alone, and longer than the default 5 s on a busy machine
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false, testTimeout: 180_000 },
      },
      {
        extends: true,
        test: {
          name: 'db',
          include: ['test/db/**/*.test.ts'],
          globalSetup: ['test/support/postgres-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'kafka',
          include: ['test/kafka/**/*.test.ts'],
          globalSetup: ['test/support/postgres-setup.ts', 'test/support/kafka-setup.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/postgres-setup.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
