/**
 * What is never public and may hide in the text of a producer [PRIVACY-001]: a URL, an IP address, a key, a GPU, a name
 * of a private network. `naap.public_text` in sql/functions.sql masks the same within free text.
 */
const NOT_A_NAME = [
  /:\/\//,
  /\d{1,3}(?:\.\d{1,3}){3}/,
  /(?<![0-9a-z_.:])(?:[0-9a-f]*:){2,}[0-9a-f.]*/i,
  /0x[0-9a-f]{40}/i,
  /\b(?:GPU|MIG)-[0-9a-f]{8}/i,
  /\.(?:local|internal|lan|home|localdomain|localhost|intranet|corp|private|home\.arpa)(?![\w-])|\blocalhost/i,
  /(?<![A-Za-z0-9_.:/-])[a-z](?=[a-z0-9_-]*[0-9_-])[a-z0-9_-]*(?=:\d{4,5}(?![\d.:]))/i,
  /\b(?:lookup|dial) /i,
];

/** A pipeline, model or capability as a dimension: the text itself, trimmed; `''` for one that is no name. */
export function publicName(text: string): string {
  return NOT_A_NAME.some((pattern) => pattern.test(text)) ? '' : text.trim();
}
