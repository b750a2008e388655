/**
 * Which hosts may be published [PRIVACY-001].
 *
 * `naap.is_private_host` and `naap.public_uri` in sql/functions.sql say the same inside the database, which serves
 * people who ask it directly; a table of cases and a property run through both.
 */

const USER_INFO = /^((?:[a-z][a-z0-9+.-]*:\/\/)?)[^/?#]*@/i;
const HOST = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/?#]*@)?(?:\[([^\]]*)\]|([^/?#:]*))/i;
/** One reader of URLs ends a host here, another goes on. */
const AMBIGUOUS = /[\0-\x20\x7f\\%[\]]/;
const PRIVATE_NAME = /(?:^|\.)(?:local|internal|lan|home|localdomain|localhost|intranet|corp|private|home\.arpa)$/;
/** Readers of URLs take a host whose last label is a number for an IPv4 address, however it is written. */
const ENDS_IN_NUMBER = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/;
const IPV4 =
  /^(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\.(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}$/;
const PRIVATE_IPV4 =
  /^(?:(?:0|10|127|22[4-9]|2[345][0-9])\.|192\.168\.|192\.0\.0\.|169\.254\.|198\.1[89]\.|172\.(?:1[6-9]|2[0-9]|3[01])\.|100\.(?:6[4-9]|[789][0-9]|1[01][0-9]|12[0-7])\.)/;
/** Global unicast but for 6to4 and Teredo, which carry an IPv4 address that may be private, as mapped ones do. */
const PUBLIC_IPV6 = /^(?!2002:|2001:0{0,4}:)[23][0-9a-f]{3}:[0-9a-f:]+$/;

/** A URL, or host with or without port, as the public may see it: without `user:password@`; null when it is private. */
export function publicUri(text: string): string | null {
  const [, bracketed, plain] = HOST.exec(text) ?? [];
  // brackets are for IPv6: whatever else is in them is read differently by different readers
  if (bracketed !== undefined && !bracketed.includes(':')) return null;
  return isPrivateHost(bracketed ?? plain ?? '') ? null : text.replace(USER_INFO, '$1');
}

/**
 * Whether a host is never published: RFC 1918 and its kin, loopback, link-local, mapped and other special addresses,
 * `.local` and the other names of private networks, names without a dot, and what two readers would read differently.
 */
function isPrivateHost(host: string): boolean {
  const name = host.normalize('NFKC').replaceAll('。', '.').toLowerCase().replace(/\.+$/, '');
  if (AMBIGUOUS.test(name)) return true;
  if (name.includes(':')) return !PUBLIC_IPV6.test(name);
  if (ENDS_IN_NUMBER.test(name)) return !IPV4.test(name) || PRIVATE_IPV4.test(name);
  return !name.includes('.') || PRIVATE_NAME.test(name);
}
