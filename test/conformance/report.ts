import { RULES, type RuleId } from './rules.js';
import type { CheckResult } from './run.js';
import type { Awaited } from './scenario.js';

export interface RuleResult {
  readonly rule: RuleId;
  /** Names of the scenarios whose checks cite it. */
  readonly scenarios: readonly string[];
  readonly checkCount: number;
  readonly failedCount: number;
  /** What it still waits for; with something here, or without a check, it is missing. */
  readonly awaited: readonly string[];
}

/** What is known of every rule of the contract, in its order. */
export function ruleResults(checks: readonly CheckResult[], awaited: readonly Awaited[]): readonly RuleResult[] {
  return ruleIds().map((rule) => {
    const cited = checks.filter(({ rules }) => rules.includes(rule));
    return {
      rule,
      scenarios: [...new Set(cited.map(({ scenario }) => scenario))],
      checkCount: cited.length,
      failedCount: cited.filter(({ failure }) => failure !== null).length,
      awaited: awaited.filter(({ rules }) => rules.includes(rule)).map(({ what }) => what),
    };
  });
}

export function outcomeOf({ checkCount, failedCount, awaited }: RuleResult): 'passed' | 'failed' | 'missing' {
  if (failedCount > 0) return 'failed';
  return checkCount === 0 || awaited.length > 0 ? 'missing' : 'passed';
}

/** The page that anybody can read; the same run writes the same text on any engine at any time. */
export function reportText(checks: readonly CheckResult[], awaited: readonly Awaited[]): string {
  const rules = ruleResults(checks, awaited);
  const count = (outcome: string): number => rules.filter((rule) => outcomeOf(rule) === outcome).length;
  return `# Conformance

Written by \`npm run conformance\`, never by hand; a test holds it against a run. Each scenario is a handful of raw messages
(\`test/conformance/scenarios\`) that go through ingest, resolver, rollups and scores; what must come of them was worked out
by hand from the [contract](domain.md) and is asked over HTTP. A rule has passed when every check that cites it holds and
nothing of it is awaited.

Both warehouse engines must give this page, letter by letter. The test plays the scenarios on PostgreSQL and compares every
rollup, score and answer with those of TimescaleDB inside the test process; a TimescaleDB server named by
\`NAAP_TEST_TIMESCALE_URL\` plays them itself, in the test and in \`npm run conformance\`.

${rules.length} rules: ${count('passed')} passed, ${count('failed')} failed, ${count('missing')} missing. ${checks.length} checks.

## Rules

| rule | says | scenarios | result |
|---|---|---|---|
${rules.map(ruleLine).join('\n')}

## Scenarios
${scenarioSections(checks)}`;
}

function ruleLine(result: RuleResult): string {
  const { rule, scenarios, checkCount, failedCount, awaited } = result;
  const outcome = outcomeOf(result);
  const detail = {
    passed: `passed, ${checkCount} ${checkCount === 1 ? 'check' : 'checks'}`,
    failed: `**failed**, ${failedCount} of ${checkCount}`,
    missing: `**missing**: ${awaited.length > 0 ? awaited.join('; ') : 'no scenario proves it'}`,
  }[outcome];
  return `| ${rule} | ${RULES[rule]} | ${scenarios.join(' · ')} | ${detail} |`;
}

function scenarioSections(checks: readonly CheckResult[]): string {
  const names = [...new Set(checks.map(({ scenario }) => scenario))];
  return names
    .map((name) => {
      const own = checks.filter(({ scenario }) => scenario === name);
      return `\n### ${name}\n\n${own.map(checkLine).join('\n')}\n`;
    })
    .join('');
}

function checkLine({ says, rules, failure }: CheckResult): string {
  return `- ${failure === null ? '' : '**fails** '}${says} [${rules.join(', ')}]`;
}

function ruleIds(): readonly RuleId[] {
  const isRule = (text: string): text is RuleId => text in RULES;
  return Object.keys(RULES).filter(isRule);
}
