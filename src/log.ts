import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Logger;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export const LOG_FORMATS = ['json', 'text'] as const;

export interface LogOptions {
  readonly level: (typeof LOG_LEVELS)[number];
  readonly format: (typeof LOG_FORMATS)[number];
  /** Where lines go; standard error by default, since standard output belongs to a command's result. */
  readonly destination?: DestinationStream;
}

/** A log whose message is a fixed sentence and whose data are fields: `log.info({ rows }, 'batch committed')`. */
export function createLog({ level, format, destination }: LogOptions): Log {
  const sink = destination ?? pino.destination({ fd: 2, sync: true });
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: serializeError },
      redact: ['password', '*.password', 'clientIP', 'client_ip'],
    },
    format === 'text' ? textSink(sink) : sink,
  );
}

/** An error without the connection that pg hangs on it: kilobytes of statements that say nothing of the error. */
function serializeError(error: Error): object {
  const { client: _client, ...serialized } = pino.stdSerializers.err(error);
  return serialized;
}

const LEVEL_LABELS = new Map(Object.entries(pino.levels.labels).map(([value, label]) => [Number(value), label]));

function textSink(sink: DestinationStream): DestinationStream {
  return { write: (line) => sink.write(`${textLine(line)}\n`) };
}

function textLine(json: string): string {
  const { time, level, msg = '', err, ...fields } = JSON.parse(json);
  const data = Object.entries(fields).map(([name, value]) => `${name}=${fieldText(value)}`);
  const stack = err?.stack === undefined ? '' : `\n${err.stack}`;
  const label = LEVEL_LABELS.get(level) ?? 'info';
  return [`${String(time).slice(11, 19)} ${label.padEnd(5)} ${msg}`, ...data].join('  ') + stack;
}

function fieldText(value: unknown): string {
  return typeof value === 'string' && !/[\s"=]/.test(value) ? value : JSON.stringify(value);
}
