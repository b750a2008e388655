import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';

const DASHBOARDS = new URL('../../grafana/dashboards/', import.meta.url);

const target = z.object({
  refId: z.string(),
  datasource: z.object({ type: z.literal('postgres'), uid: z.string() }),
  format: z.enum(['table', 'time_series']),
  rawSql: z.string(),
});
const dashboard = z.object({
  title: z.string(),
  panels: z.array(
    z.object({
      title: z.string(),
      type: z.string(),
      targets: z.array(target).default([]),
      fieldConfig: z.object({
        overrides: z.array(
          z.object({
            matcher: z.object({ id: z.literal('byName'), options: z.string() }),
            properties: z.array(z.object({ id: z.string(), value: z.unknown() })),
          }),
        ),
      }),
    }),
  ),
});

export const dashboards: readonly z.infer<typeof dashboard>[] = readdirSync(DASHBOARDS)
  .filter((name) => name.endsWith('.json'))
  .map((name) => dashboard.parse(JSON.parse(readFileSync(new URL(name, DASHBOARDS), 'utf8'))));

export const panels = dashboards.flatMap((one) =>
  one.panels.flatMap((panel) => panel.targets.map((query) => ({ title: panel.title, type: panel.type, query }))),
);

/** The statement of a panel as Grafana sends it for a span of time. */
export function panelSql(title: string, fromAt: Date, toAt: Date): string {
  const panel = panels.find((one) => one.title === title);
  if (panel === undefined) throw new Error(`no panel is called ${title}`);
  return expandMacros(panel.query.rawSql, fromAt, toAt);
}

/** What Grafana's PostgreSQL datasource makes of its macros. */
export function expandMacros(sql: string, fromAt: Date, toAt: Date): string {
  const [from, to] = [`'${fromAt.toISOString()}'`, `'${toAt.toISOString()}'`];
  const expanded = sql
    .replace(/\$__timeFilter\(([^)]+)\)/g, (_, column: string) => `${column} between ${from} and ${to}`)
    .replaceAll('$__timeFrom()', from)
    .replaceAll('$__timeTo()', to);
  if (/\$_/.test(expanded)) throw new Error(`a macro that is not known here: ${expanded}`);
  return expanded;
}
