-- Gateways as their sessions show them, under public names [PRIVACY-001].

-- Grain: one row per organisation and gateway.
create view api.gateway as
select
  g.org || '/' || g.gateway as id,
  f.started_at as first_session_at,
  l.started_at as newest_session_at,
  g.org,
  g.gateway,
  nullif(l.region, '') as region
from (
  select distinct c.org, c.gateway
  from core.grain as c
  where c.gateway <> ''
) as g
cross join lateral (
  select s.started_at from core.session as s
  where s.org = g.org and s.gateway = g.gateway
  order by s.started_at
  limit 1
) as f
cross join lateral (
  select s.started_at, s.region from core.session as s
  where s.org = g.org and s.gateway = g.gateway
  order by s.started_at desc, s.session_key desc
  limit 1
) as l;

select naap.describe('api.gateway', 'Gateways that sent sessions; one row per organisation and gateway.', $${
  "id": "Organisation and gateway joined by /: unique key.",
  "first_session_at": "Start of its first session.",
  "newest_session_at": "Start of its newest session.",
  "org": "Organisation whose gateways sent the events.",
  "gateway": "Public name: the configured one, its host, or gw_ and 16 hex when the host is private.",
  "region": "Region of its newest session: the configured one, else the one its events name; null when neither does."
}$$);
