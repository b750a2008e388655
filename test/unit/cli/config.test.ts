import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readConfig, renderEnvExample } from '../../../src/cli/config.js';
import { configuredUrl } from '../../../src/cli/role-connections.js';
import { AppError } from '../../../src/errors.js';
import { ROLES } from '../../../src/warehouse/server-preparation.js';

describe('readConfig', () => {
  test('needs nothing: every setting has a default or may be left out', () => {
    expect(readConfig({})).toEqual({
      database: {
        adminUrl: null,
        rolePasswords: { owner: null, ingest: null, worker: null, reader: null },
        roleUrlOverrides: {},
      },
      dataDir: '.naap',
      publicIdKey: null,
      kafka: null,
      ingest: { trustedPublishers: null, maxMessageBytes: 1_048_576, batchMessages: 5_000, batchWaitMs: 200 },
      worker: { concurrency: 2 },
      http: { host: '127.0.0.1', port: 4_000 },
      log: { level: 'info', format: null },
    });
  });

  test('takes a blank variable for an unset one', () => {
    expect(readConfig({ HTTP_PORT: ' ', KAFKA_BROKERS: '' })).toEqual(readConfig({}));
  });

  test('splits lists', () => {
    const config = readConfig({ KAFKA_BROKERS: 'a:9092, b:9093', NAAP_TRUSTED_PUBLISHERS: 'gw-1,gw-2' });
    expect(config.kafka?.brokers).toEqual(['a:9092', 'b:9093']);
    expect(config.ingest.trustedPublishers).toEqual(['gw-1', 'gw-2']);
  });

  test('reports all problems at once, with what was seen and what was wanted', () => {
    const read = () => readConfig({ HTTP_PORT: '70000', LOG_LEVEL: 'loud', KAFKA_BROKERS: 'a:9092,,b' });
    expect(read).toThrow(AppError);
    expect(read).toThrow(/HTTP_PORT is "70000", wanted a TCP port, a whole number from 0 to 65535/);
    expect(read).toThrow(/LOG_LEVEL is "loud", wanted trace, debug/);
    expect(read).toThrow(/KAFKA_BROKERS is "a:9092,,b", wanted host:port/);
  });

  test('publishes scores only when a topic is named, which wants brokers', () => {
    const brokers = { KAFKA_BROKERS: 'a:9092' };
    expect(readConfig(brokers).kafka?.scoreTopic).toBeNull();
    expect(readConfig({ ...brokers, KAFKA_SCORE_TOPIC: 'sla_scores' }).kafka?.scoreTopic).toBe('sla_scores');
    expect(() => readConfig({ KAFKA_SCORE_TOPIC: 'sla_scores' })).toThrow(/wanted KAFKA_BROKERS as well/);
    expect(() => readConfig({ ...brokers, KAFKA_SCORE_TOPIC: 'a topic' })).toThrow(/KAFKA_SCORE_TOPIC is "a topic"/);
  });

  test('does not repeat a secret in the message', () => {
    const read = () => readConfig({ NAAP_PUBLIC_ID_KEY: 'short', DATABASE_URL: 'mysql://u:hunter2@h/d' });
    expect(read).toThrow(/NAAP_PUBLIC_ID_KEY/);
    expect(read).not.toThrow(/short|hunter2/);
  });

  test('is frozen to the depths', () => {
    const config = readConfig({ KAFKA_BROKERS: 'a:9092' });
    expect([config, config.kafka, config.kafka?.brokers, config.http].every(Object.isFrozen)).toBe(true);
  });
});

describe('connections of the roles', () => {
  const urlsOf = (environment: Readonly<Record<string, string>>) => {
    const { database } = readConfig(environment);
    return Object.fromEntries(ROLES.map((role) => [role, configuredUrl(role, database)]));
  };

  test('are derived from the administrator’s, keeping server, database and parameters', () => {
    const urls = urlsOf({
      DATABASE_URL: 'postgres://root:x@db:6543/naap?sslmode=require',
      NAAP_ROLE_PASSWORD: 'p@ss/word',
    });
    expect(urls['reader']).toBe('postgres://naap_reader:p%40ss%2Fword@db:6543/naap?sslmode=require');
    expect(urls['owner']).toContain('//naap_owner:p%40ss');
  });

  test('carry the password of their own role before the common one, and never the administrator’s', () => {
    expect(
      urlsOf({
        DATABASE_URL: 'postgres://root:rootsecret@db/naap',
        NAAP_ROLE_PASSWORD: 'common-one',
        NAAP_OWNER_PASSWORD: 'of the owner',
      }),
    ).toEqual({
      owner: 'postgres://naap_owner:of%20the%20owner@db/naap',
      ingest: 'postgres://naap_ingest:common-one@db/naap',
      worker: 'postgres://naap_worker:common-one@db/naap',
      reader: 'postgres://naap_reader:common-one@db/naap',
    });
    expect(urlsOf({ DATABASE_URL: 'postgres://root:rootsecret@db/naap' })['reader']).toBe(
      'postgres://naap_reader@db/naap',
    );
  });

  test('are the named ones where one is named, and then no other is needed', () => {
    const reader = 'postgres://someone:known@replica/naap';
    expect(urlsOf({ NAAP_DATABASE_URL_READER: reader, NAAP_READER_PASSWORD: 'not sent' })).toEqual({ reader });
    expect(urlsOf({ DATABASE_URL: 'postgres://root@db/naap', NAAP_DATABASE_URL_READER: reader })).toMatchObject({
      reader,
      worker: 'postgres://naap_worker@db/naap',
    });
  });

  test('that are named without a password get that of their role', () => {
    const environment = {
      NAAP_DATABASE_URL_WORKER: 'postgres://naap_worker@db:5432/naap',
      NAAP_WORKER_PASSWORD: 'a/b:c@d!',
    };
    expect(urlsOf(environment)['worker']).toBe('postgres://naap_worker:a%2Fb%3Ac%40d!@db:5432/naap');
  });
});

test('.env.example shows every setting with its meaning and default', () => {
  expect(readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8')).toBe(renderEnvExample());
});
