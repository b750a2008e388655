import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether a process with this id exists; one that we may not signal exists too. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * When a process began, as an opaque text; `null` when it does not run or the system does not tell.
 *
 * Ids are used again (in containers the first process of every start has the same one), the pair of id and beginning
 * is not.
 */
export async function processBeginning(pid: number): Promise<string | null> {
  try {
    if (process.platform !== 'linux')
      return (await run('ps', ['-o', 'lstart=', '-p', String(pid)])).stdout.trim() || null;
    const [stat, bootId] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // The second field is the program's name in brackets and may hold spaces; ticks since boot are the 22nd field.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return ticks === undefined ? null : `${bootId.trim()}/${ticks}`;
  } catch {
    return null;
  }
}

/** The command line of a process; empty when it does not run or the system does not tell. */
export async function commandLine(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    return (await run('ps', ['-o', 'command=', '-p', String(pid)])).stdout;
  } catch {
    return '';
  }
}

/** Sends the signals one after another, each after waiting for the process to end; `true` once it has ended. */
export async function endProcess(pid: number, signals: readonly NodeJS.Signals[], waitMs: number): Promise<boolean> {
  for (const signal of signals) {
    if (!isAlive(pid)) return true;
    process.kill(pid, signal);
    const deadline = performance.now() + waitMs;
    while (isAlive(pid) && performance.now() < deadline) await delay(20);
  }
  return !isAlive(pid);
}
