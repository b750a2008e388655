import { existsSync, readFileSync } from 'node:fs';
import { runProgram } from './program.js';

/** Code of a process that a second Ctrl-C ends in the middle of its work. */
const EXIT_INTERRUPTED = 130;

if (existsSync('.env')) process.loadEnvFile('.env');

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(EXIT_INTERRUPTED);
    process.stderr.write(`naap: ${signal}, finishing; once more to stop at once\n`);
    stopping.abort();
  });
}
// A reader that has seen enough (`naap simulate | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
process.exitCode = await runProgram(process.argv.slice(2), {
  environment: process.env,
  signal: stopping.signal,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: process.stderr.isTTY === true,
  version,
});
