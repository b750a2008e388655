import { describe, expect, it } from 'vitest';
import { attribute } from '../../../src/domain/attribution.js';
import { buildCapabilityIndex, type CapabilityRunRow } from '../../../src/domain/capability-index.js';
import { readHints } from '../../../src/domain/hints.js';
import { HOT, hardware, MAX_AGE_MS, MINUTE, ORG, run, SECOND, TEN } from './session-samples.js';

const URL_A = 'https://a';
const LIVE = 'live-video-to-video';

interface Asked {
  readonly url?: string;
  readonly address?: string;
  readonly texts?: readonly string[];
  readonly endMs?: number;
}

/** Attributes a segment from 10:00 to 10:05 that shows a URL. */
function ask(
  runs: readonly CapabilityRunRow[],
  { url = URL_A, address = '', texts = [], endMs = TEN + 5 * MINUTE }: Asked = {},
) {
  const hints = texts.map((text) => ({ kind: 'text' as const, text }));
  const query = { url, address, startMs: TEN, endMs, hintsFor: (model: string | null) => readHints(hints, model) };
  const { runs: used, ...decision } = attribute(query, buildCapabilityIndex(runs).ofOrg(ORG), {
    capabilityMaxAgeMs: MAX_AGE_MS,
  });
  return { ...decision, used: used.map(({ firstAt }) => (firstAt - TEN) / MINUTE) };
}

const a = (first: number, fields: Partial<Parameters<typeof run>[0]> = {}) =>
  run({ address: HOT('a'), uri: URL_A, first: TEN + first * MINUTE, ...fields });
const at = (minute: number) => TEN + minute * MINUTE;

describe('attribution', () => {
  it('matches by URL alone where one was observed, else by address, else by a hot key [ATTRIBUTION-001]', () => {
    const runs = [
      a(-5, { local: HOT('1') }),
      run({ address: HOT('b'), uri: 'https://b', local: HOT('2'), first: at(-5) }),
    ];
    expect(ask(runs, { address: HOT('b') })).toMatchObject({
      method: 'url',
      orchestratorAddress: HOT('a'),
      confidence: 'high',
    });
    expect(ask(runs, { url: '', address: HOT('b') })).toMatchObject({
      method: 'address',
      orchestratorAddress: HOT('b'),
      confidence: 'medium',
    });
    expect(ask(runs, { url: '', address: HOT('2') })).toMatchObject({
      method: 'local_address',
      orchestratorAddress: HOT('b'),
      confidence: 'medium',
    });
    expect(ask(runs, { url: '', address: HOT('9') })).toMatchObject({
      outcome: 'unresolved',
      reason: 'missing_candidate',
    });
    expect(ask(runs, { url: '' })).toMatchObject({ outcome: 'unresolved', reason: 'no_orchestrator_observed' });
  });

  it('identifies nobody by a hot key of several addresses, by a name, or by a blank URL [ATTRIBUTION-001]', () => {
    const shared = ['a', 'b'].map((digit) => run({ address: HOT(digit), local: HOT('1'), first: at(-5) }));
    expect(ask(shared, { url: '', address: HOT('1') }).outcome).toBe('unresolved');
    expect(ask([a(-5, { local: 'my-node' })], { url: '', address: 'my-node' }).outcome).toBe('unresolved');
  });

  it('tells why an unknown URL could not be matched, the address first [ATTRIBUTION-004]', () => {
    const address = run({ address: HOT('b'), uri: 'https://b', first: at(-5) });
    const alias = run({ address: HOT('c'), uri: 'https://c', local: HOT('b'), first: at(-5) });
    expect(ask([address, alias], { address: HOT('b') }).reason).toBe('missing_uri_snapshot_address_match_present');
    expect(ask([alias], { address: HOT('b') }).reason).toBe('missing_uri_snapshot_local_alias_present');
  });

  it('takes the run in force, also when it was last sighted 30 min before or only long after [ATTRIBUTION-003]', () => {
    expect(ask([a(-300, { last: at(-30) })])).toMatchObject({
      reason: 'matched',
      confidence: 'high',
      gpuUuid: 'gpu-1',
    });
    expect(ask([a(-300, { last: at(-30) - 1 })])).toMatchObject({
      outcome: 'stale',
      orchestratorAddress: '',
      gpuUuid: '',
    });
    expect(ask([a(-300, { last: at(120) })])).toMatchObject({ reason: 'matched' });
  });

  it('prefers exact to prior to later, and of one key the newest prior and the nearest later [ATTRIBUTION-003]', () => {
    const model = (name: string) => hardware(LIVE, name, `gpu-${name}`);
    const older = a(-40, { next: at(-29), content: model('old') });
    const prior = a(-29, { next: at(-1), content: model('prior') });
    const exact = a(-1, { next: at(2), content: model('exact') });
    const later = a(2, { next: at(3), content: model('later') });
    const last = a(3, { content: model('last') });
    const all = [last, later, exact, prior, older];
    expect(ask(all)).toMatchObject({ model: 'exact', reason: 'matched' });
    // compatibility comes before freshness
    expect(ask(all, { texts: ['prior'] })).toMatchObject({
      model: 'prior',
      reason: 'matched_prior',
      confidence: 'medium',
    });
    expect(ask([older, prior, later, last])).toMatchObject({ model: 'prior' });
    expect(ask([later, last])).toMatchObject({ model: 'later', reason: 'matched_later', confidence: 'low' });
    expect(ask(all, { texts: ['nothing of this'] })).toMatchObject({
      outcome: 'unresolved',
      reason: 'incompatible_candidates',
    });
    expect(ask([a(-400, { next: at(-31), content: model('prior') })]).outcome).toBe('stale');
    expect(ask([a(-400, { next: at(-30), content: model('prior') })]).reason).toBe('matched_prior');
  });

  it('heeds sightings up to 30 s after the end, inclusive [ATTRIBUTION-003]', () => {
    expect(ask([run({ address: HOT('a'), uri: URL_A, first: at(5) + 30 * SECOND })])).toMatchObject({
      reason: 'matched_later',
    });
    expect(ask([run({ address: HOT('a'), uri: URL_A, first: at(5) + 30 * SECOND + 1 })])).toMatchObject({
      reason: 'missing_candidate',
    });
  });

  it('blanks the GPU of a surface with several, and keeps the model of one without [ATTRIBUTION-006]', () => {
    expect(ask([a(-1, { content: hardware(LIVE, 'model-a', 'g1', 'g2') })])).toMatchObject({
      outcome: 'resolved',
      gpuUuid: '',
      confidence: 'low',
      model: 'model-a',
    });
    expect(ask([a(-1, { content: hardware(LIVE, 'model-a') })])).toMatchObject({
      outcome: 'hardware_less',
      gpuUuid: '',
      confidence: 'low',
      model: 'model-a',
      orchestratorAddress: HOT('a'),
    });
  });

  it('is ambiguous between several surfaces or owners, and then fills only what the events say [ATTRIBUTION-004, ATTRIBUTION-005]', () => {
    const two = a(-1, {
      content: { hardware: [...hardware(LIVE, 'model-a', 'g1').hardware, ...hardware(LIVE, 'model-b', 'g2').hardware] },
    });
    expect(ask([two])).toMatchObject({
      outcome: 'ambiguous',
      orchestratorAddress: '',
      pipeline: '',
      model: '',
      gpuUuid: '',
      confidence: 'none',
    });
    expect(ask([two], { texts: ['MODEL-B'] })).toMatchObject({ outcome: 'resolved', model: 'model-b', gpuUuid: 'g2' });
    const other = run({ address: HOT('b'), uri: URL_A, first: at(-1) });
    expect(ask([a(-1), other], { texts: ['streamdiffusion-x'] })).toMatchObject({ outcome: 'unresolved' });
    expect(ask([a(-1), other])).toMatchObject({ outcome: 'ambiguous' });
  });

  it('offers capabilities 27 to 36 without hardware, else a placeholder that takes the hints [ATTRIBUTION-003]', () => {
    const offer = (capability: number, pipeline: string, model: string) => ({
      capability,
      pipeline,
      model,
      isWarm: false,
      capacity: 1,
      runnerVersion: '',
    });
    expect(ask([a(-1, { content: { models: [offer(35, LIVE, 'model-a'), offer(37, 'my-cap', '')] } })])).toMatchObject({
      outcome: 'hardware_less',
      pipeline: LIVE,
      model: 'model-a',
    });
    const byoc = a(-1, { content: { models: [offer(37, 'my-cap', '')] } });
    expect(ask([byoc], { texts: ['llm', 'model-z'] })).toMatchObject({
      outcome: 'hardware_less',
      pipeline: 'llm',
      model: 'model-z',
    });
    const query = {
      url: URL_A,
      address: '',
      startMs: TEN,
      endMs: TEN,
      hintsFor: () => ({ pipeline: 'My-Cap', model: '' }),
    };
    const decided = (runs: readonly CapabilityRunRow[]) =>
      attribute(query, buildCapabilityIndex(runs).ofOrg(ORG), { capabilityMaxAgeMs: MAX_AGE_MS });
    expect(decided([byoc])).toMatchObject({ reason: 'incompatible_candidates', pipeline: 'My-Cap' });
    expect(decided([a(-1, { content: hardware('my-cap', '', 'g1') })])).toMatchObject({
      outcome: 'resolved',
      pipeline: 'my-cap',
    });
  });
});

describe('hints', () => {
  const hints = (candidate: string | null, ...texts: string[]) =>
    readHints(
      texts.map((text) => ({ kind: 'text', text })),
      candidate,
    );

  it('tell pipelines from models, case-insensitively, each the earliest [ATTRIBUTION-002]', () => {
    expect(hints(null, 'my-model', 'LLM', 'text-to-image', 'other')).toEqual({ pipeline: 'llm', model: 'my-model' });
    expect(hints(null, 'pip_SD-turbo')).toEqual({ pipeline: LIVE, model: 'streamdiffusion-sdxl' });
    expect(hints(null, 'streamdiffusion-sdxl-v2v', 'llm').pipeline).toBe('llm');
    expect(readHints([{ kind: 'model', text: 'llm' }], null)).toEqual({ pipeline: '', model: 'llm' });
  });

  it('take a text that is the candidate model for the model, before the pipeline list [ATTRIBUTION-002]', () => {
    expect(hints('NOOP', 'noop')).toEqual({ pipeline: '', model: 'noop' });
    expect(hints('other', 'noop')).toEqual({ pipeline: 'noop', model: '' });
    expect(hints(null, 'noop')).toEqual({ pipeline: '', model: 'noop' });
  });
});
