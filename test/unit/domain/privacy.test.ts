import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exciseClientAddresses, maskAddresses } from '../../../src/domain/privacy.js';

const masked = (text: string): string => Buffer.from(maskAddresses(Buffer.from(text))).toString();

describe('client addresses [PRIVACY-001]', () => {
  it.each([
    ['{"clientIP":"1.2.3.4","a":1}', '{"clientIP":"","a":1}'],
    ['{"a":[{"client_ip" : "x"}], "b": "clientIP"}', '{"a":[{"client_ip" : ""}], "b": "clientIP"}'],
    ['{"CLIENTIP":{"v4":["1.2.3.4",{"x":"}"}]},"b":2}', '{"CLIENTIP":"","b":2}'],
    ['{"clientIP":null}', '{"clientIP":""}'],
    ['{"client\\u0049P":"1.2.3.4"}', '{"client\\u0049P":""}'],
    ['{"say":"\\"clientIP\\":\\"no key\\""}', '{"say":"\\"clientIP\\":\\"no key\\""}'],
    ['{"note":"no address", "x":"\\u00e9"}', '{"note":"no address", "x":"\\u00e9"}'],
  ])('of %s leave %s', (text, wanted) => {
    expect(exciseClientAddresses(text)).toBe(wanted);
  });
  it('keeps JSON valid and everything else equal', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.string(), (before, address, key) => {
        const text = JSON.stringify({ before, clientIP: address, [`k${key}`]: [address, { client_ip: before }] });
        expect(JSON.parse(exciseClientAddresses(text))).toEqual(
          JSON.parse(text, (name, value) => (/^client_?ip$/i.test(name) ? '' : value)),
        );
      }),
    );
  });
});

describe('masks', () => {
  it.each([
    ['from 203.0.113.7:9000.', 'from [ip]:9000.'],
    ['"2001:db8::7" and ::ffff:10.0.0.1', '"[ip]" and [ip]'],
    ['2001:0db8:1111:2222:3333:4444:5555:6666', '[ip]'],
    ['255.255.255.255', '[ip]'],
    ['at 12:34:56 v0.8.8 300.1.1.1', 'at 12:34:56 v0.8.8 300.1.1.1'],
    ['1\\u002e2\\u002e3\\u002e4', '[ip]'],
    ['{"client_ip": "host.example"}', '{"client_ip": ""}'],
    ['5.1.2.3.4', '[ip].4'],
  ])('of %s leave %s', (text, wanted) => {
    expect(masked(text)).toBe(wanted);
  });
  it('finds every address without looking for one in most messages', () => {
    const piece = fc.constantFrom(
      ...[
        '1',
        '25',
        '203',
        '999',
        '.',
        ':',
        '::',
        'f',
        'ffff',
        '2001:db8',
        '"',
        'client',
        '_',
        'ip',
        'IP',
        '"clientIP"',
      ],
      ...[' ', '\\', 'u', 'u00', '2e', ',', 'z', '203.0.113.7', '::1'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join('');
        // the escape sends everything through the masks and is none of their business
        expect(`${masked(text)} \\u`).toBe(masked(`${text} \\u`));
      }),
      { numRuns: 20_000 },
    );
  });
  it('changes no other byte, valid text or not', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const kept = maskAddresses(bytes);
        expect(kept.length <= bytes.length + 4).toBe(true);
      }),
    );
    const bytes = Buffer.from([0xff, 0x00, 0xc3, 0x28]);
    expect(maskAddresses(bytes)).toEqual(bytes);
  });
});
