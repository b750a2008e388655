import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildCapabilityIndex,
  type CapabilityRunRow,
  type OrgCapabilities,
} from '../../../src/domain/capability-index.js';
import type { SessionEvent } from '../../../src/domain/event.js';
import { concatFolds, type Fold, foldEvents } from '../../../src/domain/fold.js';
import { encodeFold } from '../../../src/domain/fold-codec.js';
import { compactFold } from '../../../src/domain/fold-compaction.js';
import { compareOrder, orderKeyOf } from '../../../src/domain/order.js';
import { SegmentScan } from '../../../src/domain/segments.js';
import { encodePrefix } from '../../../src/domain/session-prefix.js';
import { capabilityRuns, sessionEvents } from './random-sessions.js';
import { HOT, HOUR, ORG, resolve, run, SECOND, status, TEN } from './session-samples.js';

const capabilitiesOf = (runs: readonly CapabilityRunRow[]): OrgCapabilities => buildCapabilityIndex(runs).ofOrg(ORG);

function scan(fold: Fold, capabilities: OrgCapabilities) {
  const scanned = new SegmentScan(capabilities);
  scanned.append(fold, null);
  return scanned.segments;
}

/** A status every 10 s that shows the URL and the address in turn. */
function alternating(hours: number): SessionEvent[] {
  return Array.from({ length: (hours * HOUR) / (10 * SECOND) }, (_, index) =>
    status(TEN + index * 10 * SECOND, 20, index % 2 === 0 ? { url: 'https://a' } : { address: HOT('1') }),
  );
}

describe('compacting a fold', () => {
  it('changes no segment, and keeps at most six runs of each [LIFECYCLE-005]', () => {
    fc.assert(
      fc.property(sessionEvents, capabilityRuns, (events, runs) => {
        const capabilities = capabilitiesOf(runs);
        const fold = foldEvents(events);
        const { fold: compact, runOf } = compactFold(fold, capabilities);
        const segments = scan(fold, capabilities);
        expect(scan(compact, capabilities)).toEqual(segments);
        expect(compact.runs.length).toBeLessThanOrEqual(6 * segments.length);
        expect(runOf).toHaveLength(fold.runs.length);
        expect(new Set(runOf).size).toBe(compact.runs.length);
      }),
      { numRuns: 400 },
    );
  });

  it('keeps a segment whole whose first and last runs only the dropped one between them joined [LIFECYCLE-005]', () => {
    const [one, other, before] = [HOT('a'), HOT('b'), TEN - HOUR];
    const urls = ['https://a', 'https://b', 'https://c'];
    const capabilities = capabilitiesOf([
      ...urls.map((uri) => run({ address: one, uri, first: before })),
      // from then on the first URL is nobody's
      run({ address: other, uri: 'https://a', first: TEN + 150 * SECOND }),
    ]);
    const fold = foldEvents(urls.map((url, index) => status(TEN + index * 100 * SECOND, 20, { url })));
    const { fold: compact } = compactFold(fold, capabilities);
    expect(compact.runs.map(({ url }) => url)).toEqual(['https://a', 'https://c']);
    expect(scan(fold, capabilities)).toHaveLength(1);
    expect(scan(compact, capabilities)).toEqual(scan(fold, capabilities));
  });

  it('is the same at once and step by step [FACT-002]', () => {
    fc.assert(
      fc.property(sessionEvents, capabilityRuns, fc.nat(60), fc.nat(60), (events, runs, i, j) => {
        const capabilities = capabilitiesOf(runs);
        const [from, to] = [Math.min(i, j), Math.max(i, j)];
        const ordered = [...events].sort((a, b) => compareOrder(orderKeyOf(a), orderKeyOf(b)));
        const parts = [ordered.slice(0, from), ordered.slice(from, to), ordered.slice(to)].map(foldEvents);
        const stepwise = parts.reduce((before, part) => compactFold(concatFolds([before, part]), capabilities).fold);
        expect(compactFold(stepwise, capabilities).fold).toEqual(compactFold(foldEvents(events), capabilities).fold);
      }),
      { numRuns: 400 },
    );
  });

  it('bounds what is kept of a session that shows URL and address in turn, however old it is', () => {
    const kept = (hours: number, runs: readonly CapabilityRunRow[]) => {
      const { prefix } = resolve(alternating(hours), runs);
      if (prefix === null) throw new Error('a session of hours has a prefix');
      return { runs: prefix.fold.runs.length, bytes: JSON.stringify(encodePrefix(prefix)).length };
    };
    const known = [run({ address: HOT('a'), uri: 'https://a', local: HOT('1'), first: TEN - HOUR })];
    for (const runs of [[], known]) {
      expect(kept(3, runs).runs).toBeLessThanOrEqual(6);
      expect(kept(24, runs).runs).toBe(kept(3, runs).runs);
      expect(kept(24, runs).bytes).toBeLessThan(kept(3, runs).bytes * 1.1);
    }
    expect(encodeFold(foldEvents(alternating(3))).r?.length).toBe(1080);
  });
});
