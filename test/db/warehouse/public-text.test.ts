import fc from 'fast-check';
import { expect, test } from 'vitest';
import { publicUri } from '../../../src/domain/public-host.js';
import { publicName } from '../../../src/domain/public-name.js';
import { storable } from '../../../src/domain/text.js';
import { PUBLIC_URI_CASES } from '../../support/public-uri-cases.js';
import { useWarehouse } from './engines-under-test.js';

const warehouse = useWarehouse('postgres');

async function shown(what: 'public_uri' | 'public_text', texts: readonly string[]): Promise<readonly unknown[]> {
  const { rows } = await warehouse().owner.query<{ shown: string | null }>(
    `select naap.${what}(t) as shown from unnest($1::text[]) with ordinality as x (t, n) order by n`,
    [texts],
  );
  return rows.map((row) => row.shown);
}

test('the public sees the same of a URI from the database as from the resolver', async () => {
  const uris = PUBLIC_URI_CASES.map(([uri]) => uri);
  const answers = await shown('public_uri', uris);
  expect(uris.map((uri, n) => [uri, answers[n]])).toEqual(PUBLIC_URI_CASES);
});

test('and of any text that could be a URI', async () => {
  const number = fc.oneof(fc.integer({ min: 0, max: 300 }).map(String), fc.constantFrom('010', '0x7f', '1e3', ''));
  const group = fc.oneof(
    fc.constantFrom('0', '', 'fe80', 'fd00', 'ffff', '2001', '2002', 'db8', '2a00'),
    fc.string({ maxLength: 2 }),
  );
  const label = fc.constantFrom(
    'a',
    'local',
    'internal',
    'LAN',
    'home',
    'arpa',
    'example',
    'bücher',
    'x-1',
    '１０',
    'K',
    'ſ',
    '',
  );
  const host = fc.oneof(
    fc.array(number, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.')),
    fc.array(group, { minLength: 1, maxLength: 8 }).map((parts) => `[${parts.join(':')}]`),
    fc
      .array(label, { minLength: 1, maxLength: 4 })
      .chain((parts) => fc.constantFrom('.', '。', '．').map((dot) => parts.join(dot))),
    fc.string(),
  );
  const uri = fc
    .tuple(
      fc.constantFrom('', 'https://', 'HTTP://', 'https:', '//', 'h2+x://'),
      fc.constantFrom('', 'user@', 'user:pw@', 'a@b@', '10.0.0.1\\@', '?@'),
      host,
      fc.constantFrom('', ':8935', '/x', '?q', '#f', '.', '\\', ' ', '%2e', '/@b'),
    )
    .map((parts) => parts.join(''))
    .map(storable);
  await fc.assert(
    fc.asyncProperty(fc.array(uri, { minLength: 100, maxLength: 100 }), async (uris) => {
      const answers = await shown('public_uri', uris);
      expect(uris.map((text, n) => [text, answers[n]])).toEqual(uris.map((text) => [text, publicUri(text)]));
    }),
    { numRuns: 50 },
  );
});

test.each([
  [
    'dial tcp 203.0.113.9:8935: refused by 0x00000000000000000000000000000000000000Ab at 12:30:05 via gw.local, [2001:db8:0:0:1::7] v1.2.3',
    'dial tcp [ip]:8935: refused by [address] at 12:30:05 via [host], [[ip]] v1.2.3',
  ],
  // URLs
  ['Post "http://gateway-7:8935/live?a=1": EOF', 'Post "http://[host]/live?a=1": EOF'],
  ['see http://gateway-7, http://gateway-71. http://gateway', 'see http://[host], http://[host] http://[host]'],
  ['https://user:secret@orch.example.com:8935/x failed', 'https://orch.example.com:8935/x failed'],
  ['get http://[fe80::1]:8935/ and HTTPS://BOX.INTERNAL:1', 'get http://[host]/ and HTTPS://[host]'],
  ['https://orch.example.com:8935/x: 503', 'https://orch.example.com:8935/x: 503'],
  ['rtmp://bücher.lan/live', 'rtmp://[host]/live'],
  // names
  ['lookup gateway-7 on 10.0.0.2:53: no such host', 'lookup [host] on [ip]:53: no such host'],
  ['dial tcp: lookup runner: no such host', 'dial tcp: lookup [host]: no such host'],
  ['dial tcp runner:8935: connect: connection refused', 'dial tcp [host]:8935: connect: connection refused'],
  ['no answer of gateway-7:8935', 'no answer of [host]:8935'],
  ['box.internal. a.b.LAN, db.home.arpa; x.localdomain', '[host]. [host], [host]; [host]'],
  ['local.example.com and box.local.example stay', 'local.example.com and box.local.example stay'],
  ['localhost:9000 and 127.0.0.1', '[host]:9000 and [ip]'],
  // addresses
  ['fe80::1, ::1 (fd00::2%eth0) ::ffff:10.0.0.1 2001:db8:: FE80::AB.', '[ip], [ip] ([ip]) [ip] [ip] [ip].'],
  ['2001:0db8:0000:0000:0000:ff00:0042:8329 [::1]:80', '[ip] [[ip]]:80'],
  ['00:1b:44:11:3a:b7', '[ip]'],
  ['version 1.2.3.4 of 10.0.0.1:80', 'version [ip] of [ip]:80'],
  // what only looks like one
  ['at 12:34:56 and 2026-01-08T21:49:15.123Z, 12:34:56:789', 'at 12:34:56 and 2026-01-08T21:49:15.123Z, 12:34:56:789'],
  ['std::fs::File and error :: none, core::fmt', 'std::fs::File and error :: none, core::fmt'],
  ['v0.8.8 300 fps 1.5.2 line:1234 took:15000 main.go:123', 'v0.8.8 300 fps 1.5.2 line:1234 took:15000 main.go:123'],
  ['GPU-accelerated, lookup failed: timeout', 'GPU-accelerated, lookup failed: timeout'],
  // GPUs
  [
    'CUDA error on GPU-8f2b5f3c-1d52-4d0c-9b7e-0a1b2c3d4e5f (MIG-8F2B5F3C-1d52-4d0c-9b7e-0a1b2c3d4e5f)',
    'CUDA error on [gpu] ([gpu])',
  ],
  ['', ''],
])('of the text %s the public sees %s', async (text, masked) => {
  expect(await shown('public_text', [text])).toEqual([masked]);
  expect(await shown('public_text', [masked]), 'masked twice').toEqual([masked]);
});

test('a text without any of these is left as it is', async () => {
  const words = fc.constantFrom(
    'error',
    'at',
    '12:34:56',
    'timeout',
    'after',
    '60s',
    '(code',
    '500)',
    'v0.8.8',
    'é',
    '::',
    'a:b',
    '-',
    '100%',
    '"x"',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.array(words).map((parts) => parts.join(' ')),
        { maxLength: 50 },
      ),
      async (texts) => {
        expect(await shown('public_text', texts)).toEqual(texts);
      },
    ),
    { numRuns: 20 },
  );
});

test('a name shows nothing that the public is not shown in any text', async () => {
  const part = fc.constantFrom(
    ...['10.0.0.8', '999.1.2.3', 'fd00::1', '2001:db8:0:0:0:0:0:1', '12:34:56', `0x${'aB'.repeat(20)}`],
    ...[
      'GPU-0123abcd',
      'MIG-0123abcd-1',
      'http://a.example.com',
      'h2+x://b',
      'localhost',
      'LOCALHOST.',
      'box.local',
      'x.home.arpa',
    ],
    ...[
      'lookup a-1 on',
      'lookup x: no such host',
      'dial tcp4: gpu:80',
      'dial udp x-1:9000',
      'node-1:8935',
      'a_1:12345',
    ],
    ...['sdxl', 'face-swap', 'stabilityai/sd-turbo', 'v1.2.3', ' ', '.', ':', '/', '@', '_', '-'],
  );
  const text = fc
    .oneof(
      fc.array(part, { maxLength: 5 }).map((parts) => parts.join('')),
      fc.string(),
    )
    .map(storable);
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 200, maxLength: 200 }), async (texts) => {
      const names = texts.map(publicName);
      expect(await shown('public_text', names)).toEqual(names);
    }),
    { numRuns: 10 },
  );
  const plain = [
    'sdxl',
    'ByteDance/SDXL-Lightning',
    'face-swap',
    'pip_sdxl-turbo-v2v',
    'llm 3.5:instruct',
    'Größe',
    'v1.2.3',
  ];
  expect(plain.map(publicName)).toEqual(plain);
});
