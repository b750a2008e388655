import { createScribe, type Message, orchestratorOf, surfaceOf } from '../messages.js';
import type { Step } from '../scenario.js';

export const DAY = '2026-03-02';
export const MODEL = 'streamdiffusion-paid';
const FIRST_MANIFEST = '35_streamdiffusion-first';
const scribe = createScribe('pay', DAY);
export const petra = orchestratorOf('petra');
export const paul = orchestratorOf('paul');
export const payer = orchestratorOf('payer').address;
export const stranger = orchestratorOf('stranger').address;

interface Paid {
  /** Face value of a ticket, tickets, probability to win, as the gateway writes them. */
  readonly of: readonly [string, string, string];
  readonly request?: string;
  readonly chain?: string;
  readonly manifest?: string;
  readonly from?: string;
  readonly to?: string;
}

function pay(time: string, { of, request = '', chain = 'pay-chain', manifest = 'x7Kq', from = payer, to }: Paid) {
  const [faceValue, numTickets, winProb] = of;
  return scribe.message('create_new_payment', time, {
    faceValue,
    numTickets,
    winProb,
    price: '1635.021 wei/pixel',
    requestID: request,
    sessionID: chain,
    manifestID: manifest,
    sender: from.toUpperCase().replace('0X', '0x'),
    recipient: to ?? petra.address,
    orchestrator: petra.url,
    clientIP: '203.0.113.7',
  });
}

/** A stream's first message; a stream id of '' is a session known by its request alone. */
const opened = (time: string, streamId: string, request: string): Message =>
  scribe.stream(streamId, request).trace(time, 'gateway_receive_stream_request');

const served = scribe.stream('pay-served', 'pay-served-request');
const followed = pay('09:41:00', { of: ['2402400000000000 WEI', '2', '0.0009990010'], request: served.request_id });

/** Each with its link, face value and expected value in wei, worked out by hand; oldest first. */
export const PAYMENTS: readonly (readonly [Message, string, string, string])[] = [
  // before every stream of its request, so the newest; half a wei is one
  [
    pay('08:55:00', { of: ['1 WEI', '1', '0.5'], request: 'pay-many', chain: 'own-1', manifest: FIRST_MANIFEST }),
    'REQUEST pay-c pay-many',
    '1',
    '1',
  ],
  // not the older stream, not the one that starts later, not the newer one without a stream id; 1.5 is 2
  [
    pay('09:15:00', { of: ['3 WEI', '1', '0.5'], request: 'pay-many', chain: 'own-2' }),
    'REQUEST pay-b pay-many',
    '3',
    '2',
  ],
  // a stream that starts later before a request that had started; 1.5 wei × 3 × 0.3 = 1.35, not 5 × 0.3
  [
    pay('09:16:00', { of: ['0.0000000000000000015 ETH', '3', '0.3'], request: 'pay-two', chain: 'own-3' }),
    'REQUEST pay-f pay-two',
    '5',
    '1',
  ],
  [pay('09:17:00', { of: ['7', '1', '1'], request: 'pay-bare', chain: 'own-4' }), 'REQUEST - pay-bare', '7', '7'],
  // a chain: the first follows the nearest later link, the others the nearest earlier one
  [
    pay('09:40:00', { of: ['0.001', '2', '0.0000001'] }),
    'LATER pay-served pay-served-request',
    '2000000000000000',
    '200000000',
  ],
  [followed, 'REQUEST pay-served pay-served-request', '4804800000000000', '4800000004800'],
  [
    pay('09:42:00', { of: ['123456.789012345678901234 ETH', '7', '1'] }),
    'EARLIER pay-served pay-served-request',
    '864197523086419752308638',
    '864197523086419752308638',
  ],
  [
    pay('09:43:00', { of: ['2 ETH', '1', '0.25'], request: 'pay-next-request' }),
    'REQUEST pay-next pay-next-request',
    '2000000000000000000',
    '500000000000000000',
  ],
  [pay('09:44:00', { of: ['10 WEI', '3', '0.1'] }), 'EARLIER pay-next pay-next-request', '30', '3'],
  // a request that no session has says nothing: the chain does; 0.4 is 0
  [
    pay('09:45:00', { of: ['10 wei', '1', '0.04'], request: 'pay-nobody' }),
    'EARLIER pay-next pay-next-request',
    '10',
    '0',
  ],
  // the same payer's session of another sender, and to another recipient, are chains of their own
  [pay('09:46:00', { of: ['100 WEI', '1', '1'], from: stranger, manifest: FIRST_MANIFEST }), 'NONE', '100', '100'],
  [pay('09:47:00', { of: ['200 WEI', '1', '1'], to: paul.address }), 'NONE', '200', '200'],
];
/** The money first, newest first; the streams it is for come after it was looked at once. */
export const PAYMENT_STEPS: readonly Step[] = [
  {
    send: [
      ...PAYMENTS.map(([message]) => message),
      followed,
      pay('09:48:00', { of: ['about 3 ETH', '1', '1'], request: 'pay-many' }),
      pay('09:49:00', { of: ['3 ETH', '1', '1.5'], request: 'pay-many' }),
    ].reverse(),
  },
  { settle: `${DAY}T10:20:00Z` },
  {
    send: [
      scribe.report('09:38:00', [surfaceOf(petra, MODEL, 'GPU-pay-1')]),
      opened('09:00:00', 'pay-a', 'pay-many'),
      opened('09:10:00', 'pay-b', 'pay-many'),
      opened('09:14:00', '', 'pay-many'),
      opened('09:30:00', 'pay-c', 'pay-many'),
      opened('09:00:00', '', 'pay-bare'),
      opened('09:20:00', 'pay-f', 'pay-two'),
      opened('09:05:00', '', 'pay-two'),
      opened('09:39:00', served.stream_id, served.request_id),
      served.trace('09:39:01', 'gateway_send_first_ingest_segment', { by: petra }),
      served.status('09:39:10', { by: petra, fps: 20, state: 'ONLINE', pipeline: MODEL }),
      opened('09:42:30', 'pay-next', 'pay-next-request'),
    ],
  },
  { settle: `${DAY}T11:00:00Z` },
  { send: [followed] },
];
