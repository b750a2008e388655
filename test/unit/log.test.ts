import { expect, test } from 'vitest';
import { createLog } from '../../src/log.js';

function logged(format: 'json' | 'text', write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  write(createLog({ level: 'info', format, destination: { write: (line) => lines.push(line) } }));
  return lines.join('');
}

test('writes one JSON object per line with the data as fields', () => {
  const line = logged('json', (log) => log.info({ rows: 3 }, 'batch committed'));
  expect(JSON.parse(line)).toMatchObject({ msg: 'batch committed', rows: 3 });
});

test('writes text with the sentence first and the data after it', () => {
  const line = logged('text', (log) => log.warn({ topic: 'network_events', lag: 12, note: 'a b' }, 'falling behind'));
  expect(line).toMatch(/^\d\d:\d\d:\d\d warn {2}falling behind {2}topic=network_events {2}lag=12 {2}note="a b"\n$/);
});

test('leaves out what is less severe than its level', () => {
  expect(logged('text', (log) => log.debug('detail'))).toBe('');
});

test('never writes a password or a client address', () => {
  const line = logged('json', (log) => log.info({ clientIP: '203.0.113.7', pool: { password: 'hunter2' } }, 'seen'));
  expect(line).not.toMatch(/203\.0\.113\.7|hunter2/);
});
