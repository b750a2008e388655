import type { Pool } from 'pg';

/** How each stored payment is linked, by event id: the method and the session's key. */
export async function storedLinks(admin: Pool): Promise<Record<string, string>> {
  const { rows } = await admin.query<{ event_id: string; link_method: string; session_key: string }>(
    'select event_id, link_method, session_key from core.payment order by event_id',
  );
  return Object.fromEntries(rows.map((row) => [row.event_id, `${row.link_method} ${row.session_key}`.trim()]));
}

/** The rule once more, straight from its words over all rows at once: nothing of the linker is used. */
export const NAIVE_LINKS = `
    with direct as (
      select p.*, (
        select s.session_key from core.session as s
        where s.org = p.org and s.request_id = p.request_id and p.request_id <> ''
        order by s.stream_id <> '' desc, s.started_at <= p.event_at desc, s.started_at desc, s.session_key
        limit 1
      ) as by_request
      from fact.payment as p
    )
    select p.org, p.event_id, case
      when p.by_request is not null then 'request ' || p.by_request
      when e.by_request is not null then 'earlier ' || e.by_request
      when l.by_request is not null then 'later ' || l.by_request
      else 'none' end as link
    from direct as p
    left join lateral (
      select o.by_request from direct as o
      where (o.org, o.sender, o.recipient, o.session_id) = (p.org, p.sender, p.recipient, p.session_id)
        and o.by_request is not null and (o.event_at, o.event_id) < (p.event_at, p.event_id)
      order by o.event_at desc, o.event_id desc limit 1
    ) as e on true
    left join lateral (
      select o.by_request from direct as o
      where (o.org, o.sender, o.recipient, o.session_id) = (p.org, p.sender, p.recipient, p.session_id)
        and o.by_request is not null and (o.event_at, o.event_id) > (p.event_at, p.event_id)
      order by o.event_at, o.event_id limit 1
    ) as l on true`;

/** How each payment is to be linked, by event id. */
export async function naiveLinks(admin: Pool): Promise<Record<string, string>> {
  const { rows } = await admin.query<{ event_id: string; link: string }>(`${NAIVE_LINKS} order by 2`);
  return Object.fromEntries(rows.map(({ event_id, link }) => [event_id, link]));
}
