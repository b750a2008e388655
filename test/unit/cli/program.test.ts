import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { runProgram } from '../../../src/cli/program.js';

interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function naap(args: readonly string[], environment: Record<string, string> = {}): Promise<Outcome> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [outText, errText] = [text(stdout), text(stderr)];
  const exitCode = await runProgram(args, {
    environment: { LOG_LEVEL: 'silent', ...environment },
    signal: new AbortController().signal,
    stdin: Readable.from([]),
    stdout,
    stderr,
    isTerminal: false,
    version: '0.1.0',
  });
  stdout.end();
  stderr.end();
  return { exitCode, stdout: await outText, stderr: await errText };
}

const COMMANDS = ['dev', 'serve', 'ingest', 'work', 'migrate', 'replay', 'simulate', 'resolve', 'score'];

describe('naap', () => {
  test('--help lists every command', async () => {
    const { exitCode, stdout } = await naap(['--help']);
    expect(exitCode).toBe(0);
    expect([...stdout.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name)).toEqual([...COMMANDS, 'help']);
  });

  test.each(COMMANDS)('%s --help says how it is called', async (command) => {
    const { exitCode, stdout, stderr } = await naap([command, '--help']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: naap ${command}`));
  });

  test.each([
    ['an unknown command', ['fly'], /unknown command 'fly'/],
    ['an unknown flag', ['work', '--fast'], /unknown option '--fast'/],
    ['a missing argument', ['replay'], /missing required argument 'file'/],
    ['an unusable number', ['simulate', '--drop', '1.5'], /'1.5' is invalid.*from 0 to 1/],
    ['an unusable instant', ['resolve', '--from', 'yesterday'], /Wanted an instant/],
    ['an unknown mode', ['resolve', '--mode', 'all'], /Allowed choices are tail, bootstrap, auto, repair/],
    ['a repair without a span', ['resolve', '--mode', 'repair'], /wants both --from and --to/],
    ['a span without repair', ['resolve', '--from', '2026-01-08'], /go with --mode repair/],
    [
      'a reversed span',
      ['resolve', '--mode', 'repair', '--from', '2026-01-09', '--to', '2026-01-08'],
      /--to 2026-01-08T00:00:00.000Z is not after --from 2026-01-09T00:00:00.000Z/,
    ],
    ['two destinations', ['simulate', '--out', 'a', '--kafka', 'b:9092'], /cannot be used with option/],
  ])('%s is a usage error, exit code 2', async (_what, args, words) => {
    const { exitCode, stdout, stderr } = await naap(args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(words);
    expect(stdout).toBe('');
  });

  test('unusable settings end a command with exit code 1 and all problems', async () => {
    const { exitCode, stderr } = await naap(['simulate'], { HTTP_PORT: 'x', LOG_FORMAT: 'xml' });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/HTTP_PORT is "x".*\nLOG_FORMAT is "xml".*\n {2}\[CONFIG_INVALID\]/);
  });

  test('a file that cannot be written ends a command with exit code 1', async () => {
    const { exitCode, stderr } = await naap(['simulate', '--out', '/nowhere/out.ndjson']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/cannot write \/nowhere\/out\.ndjson: ENOENT.*\n {2}\[INPUT_UNREADABLE\]/);
  });
});

describe('naap simulate', () => {
  const flags = ['simulate', '--sessions', '5', '--seed', '7', '--shuffle', '5000', '--duplicate', '0.1'];

  test('writes the same bytes for the same flags, one message a line', async () => {
    const [first, second] = await Promise.all([naap(flags), naap(flags)]);
    expect(first.exitCode).toBe(0);
    expect(first.stdout === second.stdout).toBe(true);
    expect(first.stdout.trimEnd().split('\n').length).toBeGreaterThan(50);
  });

  test('--topic leaves the other topic out', async () => {
    const lines = async (extra: string[]) => (await naap([...flags, ...extra])).stdout.split('\n').length - 1;
    const [all, daydream, cloudspe] = await Promise.all([
      lines([]),
      lines(['--topic', 'network_events']),
      lines(['--topic', 'streaming_events']),
    ]);
    expect(daydream + cloudspe).toBe(all);
  });
});
