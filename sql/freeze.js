// Adds the hash of every migration that has none yet; `--all` while nothing is released. Usage: node sql/freeze.js [--all]
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('./migrations/', import.meta.url);
const list = new URL('hashes.json', folder);
const frozen = process.argv.includes('--all') ? {} : JSON.parse(readFileSync(list, 'utf8'));
for (const name of readdirSync(folder)
  .filter((file) => file.endsWith('.sql'))
  .sort()) {
  frozen[name] ??= createHash('sha256')
    .update(readFileSync(new URL(name, folder)))
    .digest('hex');
}
writeFileSync(list, `${JSON.stringify(frozen, null, 2)}\n`);
