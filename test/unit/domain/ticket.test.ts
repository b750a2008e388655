import { describe, expect, it } from 'vitest';
import { type CapabilityRun, OrgCapabilities } from '../../../src/domain/capability-index.js';
import { resolveTicket, type TicketEvent } from '../../../src/domain/ticket.js';

const AT = Date.UTC(2026, 0, 8, 12, 7, 30);
const ADDRESS = `0x${'a'.repeat(40)}`;
const URL = 'https://a.example.com:8935';
const RUN: CapabilityRun = {
  address: ADDRESS,
  uri: URL,
  localAddress: '',
  firstAt: AT + 30_000,
  lastAt: AT + 30_000,
  nextAt: null,
  contentHash: 'content',
  firstEventId: 'sighting',
  content: { localAddress: '', version: '', hardware: [], models: [], prices: [] },
};
const naming = {
  publicGateway: (host: string) => `public ${host}`,
  regionOf: (host: string) => (host === 'gw' ? 'EU' : ''),
  publicGpuId: () => 'gpu_0',
};

function ticketOf(fields: Partial<TicketEvent> = {}, runs: readonly CapabilityRun[] = [RUN]) {
  const event: TicketEvent = {
    ...{ org: 'daydream', eventId: 'e', eventAtMs: AT, gateway: 'gw', ticketSessionId: 's', requestId: 'r' },
    ...{ pipeline: '', orchAddress: '', orchUrl: URL, sequenceNumber: '7', previousSequenceNumber: null },
    ...{ billableSeconds: '0.1', pixels: null, computedFee: '3.3' },
    ...fields,
  };
  const { rows, grains } = resolveTicket(event, { capabilities: new OrgCapabilities(runs), naming });
  const [row, grain] = [rows[0], grains[0]];
  if (row === undefined || grain === undefined || rows.length + grains.length > 2) throw new Error('not one row');
  return { row, grain };
}

describe('resolveTicket', () => {
  it('keeps what the ticket says, in the bucket of its instant, under public names', () => {
    const { row, grain } = ticketOf();
    expect(row).toEqual({
      bucketStart: new Date('2026-01-08T12:05:00Z'),
      signedAt: new Date(AT),
      ...{ org: 'daydream', eventId: 'e', grainId: grain.grainId, ticketSessionId: 's', requestId: 'r', orchUrl: URL },
      ...{ sequenceNumber: '7', missingCount: '0', isRepeated: false },
      ...{ billableSeconds: '0.1', pixels: null, computedFee: '3.3' },
    });
    expect(grain).toMatchObject({ gateway: 'public gw', region: 'EU', gpuId: '', isSynthetic: false });
  });

  it.each([
    ['7', '6', '0', false],
    ['7', '3', '3', false],
    ['7', '7', '0', true],
    ['7', '-2', '8', false],
    ['1000000000', '0', '999999999', false],
    ['1000000001', '0', '0', false],
    ['9223372036854775807', '-9223372036854775808', '0', false],
    [null, null, '0', false],
  ])('of number %s after %s misses %s, repeated: %s', (sequenceNumber, previousSequenceNumber, missing, isRepeated) => {
    const { row } = ticketOf({ sequenceNumber, previousSequenceNumber });
    expect([row.missingCount, row.isRepeated]).toEqual([missing, isRepeated]);
  });

  it('knows whose it is by URL as known 30 s after it, else by address [ATTRIBUTION-001]', () => {
    expect(ticketOf().grain.orchestratorAddress).toBe(ADDRESS);
    expect(ticketOf({}, [{ ...RUN, firstAt: AT + 30_001 }]).grain.orchestratorAddress).toBe('');
    expect(ticketOf({ orchUrl: '', orchAddress: ADDRESS }).grain.orchestratorAddress).toBe(ADDRESS);
    expect(ticketOf({ orchUrl: '' }).grain.orchestratorAddress).toBe('');
  });

  it.each([
    ['Live-Video-To-Video', 'live-video-to-video', ''],
    ['pip_SD-turbo', 'live-video-to-video', 'streamdiffusion-sdxl'],
    ['face-swap', '', 'face-swap'],
    ['', '', ''],
    ['http://10.0.0.1/m', '', ''],
  ])('reads the pipeline text %j as pipeline %j and model %j [ATTRIBUTION-002]', (text, pipeline, model) => {
    expect(ticketOf({ pipeline: text }).grain).toMatchObject({ pipeline, model });
  });
});
