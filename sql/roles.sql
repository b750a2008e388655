-- The four login roles. Run by whoever may create roles (a superuser, or CREATEROLE on a managed server); safe to run
-- again. Passwords are set by `naap migrate`. Prepared like this once, a database can be migrated as naap_owner.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['naap_owner', 'naap_ingest', 'naap_worker', 'naap_reader'] loop
    if not exists (select from pg_roles where rolname = role_name) then
      begin
        execute format('create role %I login', role_name);
      exception when duplicate_object or unique_violation then
        null; -- another database of this cluster is being migrated right now
      end;
    end if;
  end loop;
  -- a public endpoint runs as the reader: it cannot write, and no statement of it runs for long
  if not exists (
    select
    from pg_db_role_setting as s join pg_roles as r on r.oid = s.setrole
    where r.rolname = 'naap_reader' and s.setdatabase = 0
      and s.setconfig @> array['default_transaction_read_only=on', 'statement_timeout=30s', 'TimeZone=UTC', 'jit=off']
  ) then
    alter role naap_reader set default_transaction_read_only = on;
    alter role naap_reader set statement_timeout = '30s';
    alter role naap_reader set idle_in_transaction_session_timeout = '60s';
    alter role naap_reader set timezone = 'UTC';
    -- Compiling costs hundreds of ms and saves none: a page of orchestrators took 232 ms with it, 13 without.
    alter role naap_reader set jit = off;
  end if;
  -- A consumer that is frozen inside its transaction holds the row of its partition: the next owner waits this long.
  if not exists (
    select from pg_db_role_setting as s join pg_roles as r on r.oid = s.setrole
    where r.rolname = 'naap_ingest' and s.setdatabase = 0
      and s.setconfig @> array['idle_in_transaction_session_timeout=60s']
  ) then
    alter role naap_ingest set idle_in_transaction_session_timeout = '60s';
  end if;
  if not (select rolsuper from pg_roles where rolname = current_user)
     and not pg_has_role(current_user, 'naap_owner', 'usage') then
    execute format('grant naap_owner to %I', current_user);
  end if;
  if not has_database_privilege('naap_owner', current_database(), 'create') then
    execute format('grant create, connect, temporary on database %I to naap_owner', current_database());
  end if;
  if not has_schema_privilege('naap_owner', 'public', 'create') then
    grant usage, create on schema public to naap_owner; -- time_bucket lives there on both engines
  end if;
end
$$;
