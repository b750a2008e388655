import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { preProcessFile } from 'typescript';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** What each part of `src` may import of ours beside itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  simulator: [],
  warehouse: ['domain', 'errors.ts', 'log.ts'],
  ingest: ['domain', 'warehouse', 'errors.ts', 'log.ts'],
  jobs: ['domain', 'warehouse', 'errors.ts', 'log.ts'],
  resolvers: ['domain', 'warehouse', 'errors.ts', 'log.ts'],
  schema: ['resolvers', 'errors.ts', 'log.ts'],
  http: ['schema', 'resolvers', 'errors.ts', 'log.ts'],
  cli: ['domain', 'warehouse', 'ingest', 'jobs', 'resolvers', 'schema', 'http', 'simulator', 'errors.ts', 'log.ts'],
  'errors.ts': [],
  'log.ts': [],
};

interface SourceFile {
  readonly path: string;
  readonly part: string;
  readonly text: string;
}

/** Generated code is not ours to keep in order. */
const GENERATED = [join('warehouse', 'prisma'), join('schema', 'pothos-types.ts')];

const files: readonly SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !GENERATED.some((generated) => path.startsWith(generated)))
  .map((path) => ({ path, part: partOf(path), text: readFileSync(join(SRC, path), 'utf8') }));

function partOf(path: string): string {
  return path.split(/[\\/]/)[0] ?? path;
}

/** Paths below `src` that a file imports, as types or as values, at once or later. */
function ownImports({ path, text }: SourceFile): readonly string[] {
  return preProcessFile(text)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('.'))
    .map((name) => relative(SRC, resolve(SRC, dirname(path), name)).replace(/\.js$/, '.ts'));
}

describe('imports', () => {
  test('every part of src has a rule', () => {
    expect([...new Set(files.map(({ part }) => part))].filter((part) => !(part in MAY_IMPORT))).toEqual([]);
  });

  test.each(Object.entries(MAY_IMPORT))('%s imports nothing of ours but: %j', (part, allowed) => {
    const strangers = files
      .filter((file) => file.part === part)
      .flatMap((file) => ownImports(file).map((imported) => ({ file: file.path, imported })))
      .filter(({ imported }) => partOf(imported) !== part && !allowed.includes(partOf(imported)))
      .map(({ file, imported }) => `${file} imports ${imported}`);
    expect(strangers).toEqual([]);
  });
});

test('only cli reads the environment', () => {
  const readers = files.filter(({ part, text }) => part !== 'cli' && /\bprocess\s*\.\s*env\b/.test(text));
  expect(readers.map(({ path }) => path)).toEqual([]);
});

test('no file is named after what it is not: utils, helpers, common, types, index', () => {
  const vague = files.filter(({ path }) => /^(utils?|helpers?|common|types|index)\.ts$/.test(basename(path)));
  expect(vague.map(({ path }) => path).filter((path) => path !== join('schema', 'index.ts'))).toEqual([]);
});
