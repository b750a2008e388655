-- A changed gateway changes what is stored of it: name and region are part of every row's identity.

-- Dirty log, append-only like the others: a gateway whose configuration what is stored may not follow yet.
create table work.gateway_mark (
  mark_id bigint generated always as identity primary key,
  gateway text not null                   -- host, as config.gateway is keyed
);

create function config.mark_gateway() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'TRUNCATE' then
    insert into work.gateway_mark (gateway) select gateway from config.gateway;
    return null;
  end if;
  if tg_op <> 'INSERT' then
    insert into work.gateway_mark (gateway) values (old.gateway);
  end if;
  if tg_op = 'INSERT' or tg_op = 'UPDATE' and new.gateway <> old.gateway then
    insert into work.gateway_mark (gateway) values (new.gateway);
  end if;
  return null;
end
$$;
create trigger gateway_is_marked after insert or delete on config.gateway
  for each row execute function config.mark_gateway();
create trigger changed_gateway_is_marked after update on config.gateway
  for each row when (old is distinct from new) execute function config.mark_gateway();
create trigger every_gateway_is_marked before truncate on config.gateway
  for each statement execute function config.mark_gateway();

-- What an earlier release stored before its gateway was configured follows now.
insert into work.gateway_mark (gateway) select gateway from config.gateway;
