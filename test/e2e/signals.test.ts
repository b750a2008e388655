import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const NAAP = fileURLToPath(new URL('../../bin/naap.js', import.meta.url));
const LIVE = [NAAP, 'simulate', '--live', '--sessions', '50', '--start', '2026-01-01'];

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends a running command in good order', async (signal) => {
  const naap = spawn(process.execPath, LIVE, { stdio: ['ignore', 'pipe', 'pipe'] });
  await once(naap.stdout, 'data');
  naap.stdout.resume();
  naap.stderr.resume();
  naap.kill(signal);
  expect(await once(naap, 'exit')).toEqual([0, null]);
});

test('a reader that closes early is no failure', async () => {
  const naap = spawn(process.execPath, LIVE, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(naap.stdout, 'data');
  naap.stdout.destroy();
  expect(await once(naap, 'exit')).toEqual([0, null]);
});
