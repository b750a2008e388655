import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The SQL that the schema is made of, beside the sources. */
const SQL_FOLDER = fileURLToPath(new URL('../../sql/', import.meta.url));

export interface SqlFile {
  readonly name: string;
  readonly text: string;
  /** SHA-256 of the text. */
  readonly hash: string;
}

export function readSql(path: string): Promise<string> {
  return readFile(join(SQL_FOLDER, path), 'utf8');
}

/** Every `.sql` file of a folder of `sql/`, by name. */
export async function readSqlFolder(folder: string): Promise<readonly SqlFile[]> {
  const names = (await readdir(join(SQL_FOLDER, folder))).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readSql(`${folder}/${name}`);
      return { name, text, hash: sha256(text) };
    }),
  );
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
