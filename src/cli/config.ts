import { z } from 'zod';
import { AppError } from '../errors.js';
import { LOG_FORMATS, LOG_LEVELS } from '../log.js';
import type { Role, RolePasswords } from '../warehouse/server-preparation.js';

/** One environment variable: its validator, its meaning, and what a value must be, as an error says it. */
interface Setting<T = unknown> {
  readonly schema: z.ZodType<T>;
  readonly wanted: string;
  readonly about: string;
  readonly fallback?: string;
  readonly secret?: true;
}
type SettingWithFallback<T> = Setting<T> & { readonly fallback: string };

function wholeNumber(
  unit: string,
  min: number,
  max: number,
  fallback: number,
  about: string,
): SettingWithFallback<number> {
  return {
    schema: z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(min).max(max)),
    fallback: String(fallback),
    wanted: `${unit}, a whole number from ${min} to ${max}`,
    about,
  };
}

function postgresUrl(about: string): Setting<string> {
  return {
    schema: z.url({ protocol: /^postgres(ql)?$/ }),
    wanted: 'a URL like postgres://user:password@host:5432/database',
    about,
    secret: true,
  };
}

function secret(minLength: number, about: string): Setting<string> {
  return { schema: z.string().min(minLength), wanted: `at least ${minLength} characters`, about, secret: true };
}

function rolePassword(role: Role): Setting<string> {
  const about = `Password of naap_${role}: set by migrate, sent where its connection names none. Unset: NAAP_ROLE_PASSWORD.`;
  return secret(8, about);
}

function roleUrl(role: Role): Setting<string> {
  return postgresUrl(`Connection of naap_${role}. Unset: derived from DATABASE_URL.`);
}

function list(pattern: RegExp, wanted: string, about: string): Setting<readonly string[]> {
  return {
    schema: z
      .string()
      .transform((text) => text.split(',').map((part) => part.trim()))
      .pipe(z.array(z.string().regex(pattern))),
    wanted,
    about,
  };
}

/** Every setting, in the order of `.env.example`, which a test holds equal to this table. */
const SETTINGS = {
  DATABASE_URL: postgresUrl(
    'PostgreSQL with the right to create roles and schemas; only migrate needs it. With no connection set: an embedded one in the data folder.',
  ),
  NAAP_ROLE_PASSWORD: secret(
    8,
    'Password of each role that has none of its own below. Unset: none is sent; generated when embedded.',
  ),
  NAAP_OWNER_PASSWORD: rolePassword('owner'),
  NAAP_INGEST_PASSWORD: rolePassword('ingest'),
  NAAP_WORKER_PASSWORD: rolePassword('worker'),
  NAAP_READER_PASSWORD: rolePassword('reader'),
  NAAP_DATABASE_URL_OWNER: roleUrl('owner'),
  NAAP_DATABASE_URL_INGEST: roleUrl('ingest'),
  NAAP_DATABASE_URL_WORKER: roleUrl('worker'),
  NAAP_DATABASE_URL_READER: roleUrl('reader'),
  NAAP_DATA_DIR: {
    schema: z.string().min(1),
    fallback: '.naap',
    wanted: 'a folder',
    about: 'Folder of everything kept between runs of `naap dev`.',
  },
  NAAP_PUBLIC_ID_KEY: secret(
    32,
    'Key of the hash behind public ids of GPUs and unnamed gateways. Changing it changes every such id. `naap dev` generates one.',
  ),
  KAFKA_BROKERS: list(
    /^\S+:\d{1,5}$/,
    'host:port, or several separated by commas',
    'Kafka brokers, separated by commas: consumed from, published to, and asked by readiness. Unset: no Kafka.',
  ),
  KAFKA_GROUP_ID: {
    schema: z.string().regex(/^[\w.-]+$/),
    fallback: 'naap-data-api',
    wanted: 'letters, digits, dots, dashes and underscores',
    about: 'Consumer group of ingest.',
  },
  KAFKA_SCORE_TOPIC: {
    schema: z.string().regex(/^[\w.-]{1,249}$/),
    wanted: 'letters, digits, dots, dashes and underscores',
    about:
      'Topic that final scores are published to, as v1 events sla.compliance.score; it must exist. Unset: none are published.',
  },
  NAAP_TRUSTED_PUBLISHERS: list(
    /^\S+$/,
    'publisher ids separated by commas',
    'Publisher ids of the v1 dialect whose events are accepted. Unset: every publisher is trusted.',
  ),
  NAAP_MAX_MESSAGE_BYTES: wholeNumber(
    'bytes',
    1024,
    67_108_864,
    1_048_576,
    'Larger messages are rejected as oversize.',
  ),
  NAAP_INGEST_BATCH_MESSAGES: wholeNumber(
    'messages',
    1,
    100_000,
    5_000,
    'Messages written in one transaction, at most.',
  ),
  NAAP_INGEST_BATCH_WAIT_MS: wholeNumber('milliseconds', 0, 60_000, 200, 'How long a batch waits for more messages.'),
  NAAP_WORKER_CONCURRENCY: wholeNumber('jobs', 1, 64, 2, 'Jobs one worker process runs at once.'),
  HTTP_HOST: {
    schema: z.string().regex(/^\S+$/),
    fallback: '127.0.0.1',
    wanted: 'an address to listen on, such as 127.0.0.1 or 0.0.0.0',
    about: 'Address the API listens on. 0.0.0.0 opens it to other machines.',
  },
  HTTP_PORT: wholeNumber('a TCP port', 0, 65_535, 4_000, 'Port of the API. 0 takes a free one.'),
  LOG_LEVEL: {
    schema: z.enum(LOG_LEVELS),
    fallback: 'info',
    wanted: LOG_LEVELS.join(', '),
    about: `Least severe level that is logged: ${LOG_LEVELS.join(', ')}.`,
  },
  LOG_FORMAT: {
    schema: z.enum(LOG_FORMATS),
    wanted: LOG_FORMATS.join(' or '),
    about: 'json or text. Unset: text on a terminal, else json.',
  },
} satisfies Record<string, Setting>;

type SettingName = keyof typeof SETTINGS;
type Values = { readonly [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]> };
type ValueOf<S extends Setting> = S extends { fallback: string }
  ? z.output<S['schema']>
  : z.output<S['schema']> | undefined;

export interface DatabaseConfig {
  /** Connection that may create roles and schemas; `null` means the embedded server. */
  readonly adminUrl: string | null;
  readonly rolePasswords: RolePasswords;
  /** Connections named one by one. */
  readonly roleUrlOverrides: Readonly<Partial<Record<Role, string>>>;
}

export interface Config {
  readonly database: DatabaseConfig;
  readonly dataDir: string;
  readonly publicIdKey: string | null;
  /** `null` when nothing is consumed from Kafka. */
  readonly kafka: {
    readonly brokers: readonly string[];
    readonly groupId: string;
    /** Topic that final scores are published to; `null`: none are. */
    readonly scoreTopic: string | null;
  } | null;
  readonly ingest: {
    /** `null` when every publisher is trusted. */
    readonly trustedPublishers: readonly string[] | null;
    readonly maxMessageBytes: number;
    readonly batchMessages: number;
    readonly batchWaitMs: number;
  };
  readonly worker: { readonly concurrency: number };
  readonly http: { readonly host: string; readonly port: number };
  readonly log: { readonly level: (typeof LOG_LEVELS)[number]; readonly format: (typeof LOG_FORMATS)[number] | null };
}

/**
 * Reads every setting once and freezes the result.
 *
 * A blank variable counts as unset. All problems are reported at once, as one `CONFIG_INVALID`; secrets are not
 * repeated in the message.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const entries = Object.entries<Setting>(SETTINGS).map(([name, { schema, fallback, wanted, secret }]) => {
    const text = environment[name]?.trim() || fallback;
    if (text === undefined) return [name, undefined];
    const parsed = schema.safeParse(text);
    if (!parsed.success) problems.push(`${name} is ${secret ? 'unusable' : JSON.stringify(text)}, wanted ${wanted}`);
    return [name, parsed.data];
  });
  // The one place where names parsed at run time meet the types of the table above.
  const values = Object.fromEntries(entries) as Values;
  if (values.KAFKA_SCORE_TOPIC !== undefined && !environment['KAFKA_BROKERS']?.trim()) {
    problems.push('KAFKA_SCORE_TOPIC is set, wanted KAFKA_BROKERS as well');
  }
  if (problems.length > 0) throw new AppError('CONFIG_INVALID', problems.join('\n'));
  return deepFreeze(arrange(values));
}

function arrange(values: Values): Config {
  return {
    database: {
      adminUrl: values.DATABASE_URL ?? null,
      rolePasswords: {
        owner: values.NAAP_OWNER_PASSWORD ?? values.NAAP_ROLE_PASSWORD ?? null,
        ingest: values.NAAP_INGEST_PASSWORD ?? values.NAAP_ROLE_PASSWORD ?? null,
        worker: values.NAAP_WORKER_PASSWORD ?? values.NAAP_ROLE_PASSWORD ?? null,
        reader: values.NAAP_READER_PASSWORD ?? values.NAAP_ROLE_PASSWORD ?? null,
      },
      roleUrlOverrides: {
        ...(values.NAAP_DATABASE_URL_OWNER !== undefined && { owner: values.NAAP_DATABASE_URL_OWNER }),
        ...(values.NAAP_DATABASE_URL_INGEST !== undefined && { ingest: values.NAAP_DATABASE_URL_INGEST }),
        ...(values.NAAP_DATABASE_URL_WORKER !== undefined && { worker: values.NAAP_DATABASE_URL_WORKER }),
        ...(values.NAAP_DATABASE_URL_READER !== undefined && { reader: values.NAAP_DATABASE_URL_READER }),
      },
    },
    dataDir: values.NAAP_DATA_DIR,
    publicIdKey: values.NAAP_PUBLIC_ID_KEY ?? null,
    kafka:
      values.KAFKA_BROKERS === undefined
        ? null
        : {
            brokers: values.KAFKA_BROKERS,
            groupId: values.KAFKA_GROUP_ID,
            scoreTopic: values.KAFKA_SCORE_TOPIC ?? null,
          },
    ingest: {
      trustedPublishers: values.NAAP_TRUSTED_PUBLISHERS ?? null,
      maxMessageBytes: values.NAAP_MAX_MESSAGE_BYTES,
      batchMessages: values.NAAP_INGEST_BATCH_MESSAGES,
      batchWaitMs: values.NAAP_INGEST_BATCH_WAIT_MS,
    },
    worker: { concurrency: values.NAAP_WORKER_CONCURRENCY },
    http: { host: values.HTTP_HOST, port: values.HTTP_PORT },
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT ?? null },
  };
}

/** The text of `.env.example`: every setting with its meaning and default. */
export function renderEnvExample(): string {
  const blocks = Object.entries<Setting>(SETTINGS).map(
    ([name, { about, fallback }]) => `# ${about}\n${fallback === undefined ? `# ${name}=` : `${name}=${fallback}`}\n`,
  );
  return ['# Copy to .env and change what you need; every setting is optional.\n', ...blocks].join('\n');
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
