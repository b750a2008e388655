import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { roleUrls } from '../../src/cli/role-connections.js';
import type { EngineName } from '../../src/warehouse/engines/engine.js';
import { createDatabase, dropDatabase, migrateDatabase, ROLE_PASSWORDS } from '../support/test-database.js';
import { startTestServer } from '../support/test-server.js';
import { checkConformance } from './conformance.js';
import { outcomeOf, reportText, ruleResults } from './report.js';
import type { CheckResult } from './run.js';
import { AWAITED } from './scenarios/all.js';
import { openConformanceWarehouse } from './warehouse.js';

// `npm run conformance`: plays every scenario on the embedded PostgreSQL, or the server that NAAP_TEST_DATABASE_URL names, and
// on the one of NAAP_TEST_TIMESCALE_URL too; writes docs/conformance.md. Exit code 1 unless every rule has passed on each.
const PAGE = new URL('../../docs/conformance.md', import.meta.url);

interface Played {
  /** What the server has, and so what was played on. */
  readonly engine: EngineName;
  readonly checks: readonly CheckResult[];
}

async function checkOn(serverUrl: string): Promise<Played> {
  const name = `naap_conformance_${randomBytes(4).toString('hex')}`;
  const url = await createDatabase(serverUrl, name);
  try {
    const { engine } = await migrateDatabase(url);
    const urls = roleUrls(url, ROLE_PASSWORDS);
    const warehouse = await openConformanceWarehouse((role) => urls[role]);
    try {
      return { engine, checks: await checkConformance(warehouse) };
    } finally {
      await warehouse.close();
    }
  } finally {
    await dropDatabase(serverUrl, name);
  }
}

async function checkOnFirst(): Promise<Played> {
  const namedUrl = process.env.NAAP_TEST_DATABASE_URL;
  if (namedUrl) return checkOn(namedUrl);
  const server = await startTestServer();
  try {
    return await checkOn(server.adminUrl);
  } finally {
    await server.stop();
  }
}

function say({ engine, checks }: Played): boolean {
  const lines = ruleResults(checks, AWAITED).map((result) => {
    const { rule, scenarios, awaited } = result;
    return `${rule.padEnd(16)} ${outcomeOf(result).padEnd(8)} ${[...scenarios, ...awaited.map((what) => `awaits ${what}`)].join(' · ')}`;
  });
  const failures = checks.filter(({ failure }) => failure !== null);
  const details = failures.map(({ scenario, says, failure }) => `\n${scenario}: ${says}\n${failure}`);
  process.stdout.write(`${[`on ${engine}`, ...lines, ...details].join('\n')}\n\n`);
  return ruleResults(checks, AWAITED).every((result) => outcomeOf(result) === 'passed');
}

const first = await checkOnFirst();
await writeFile(PAGE, reportText(first.checks, AWAITED));
const verdicts = [say(first)];
const timescaleUrl = process.env.NAAP_TEST_TIMESCALE_URL;
if (timescaleUrl) verdicts.push(say(await checkOn(timescaleUrl)));
process.exitCode = verdicts.every(Boolean) ? 0 : 1;
