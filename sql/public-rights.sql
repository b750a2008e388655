-- What everybody may do by default, and a public endpoint must not. Run like roles.sql, after it; safe to run again.
do $$
declare
  function_name regprocedure;
begin
  -- fill the disk with temporary tables ...
  if has_database_privilege('naap_reader', current_database(), 'temporary')
     and (select pg_has_role(current_user, datdba, 'usage') from pg_database where datname = current_database()) then
    execute format('revoke temporary on database %I from public', current_database());
  end if;
  -- ... or with large objects, and stop ingest, jobs and migrations by holding their locks. Only a superuser can take
  -- these from everybody.
  if (select rolsuper from pg_roles where rolname = current_user) then
    for function_name in
      select p.oid
      from pg_proc as p
      where p.pronamespace = 'pg_catalog'::regnamespace
        and (p.proname ~ '^pg_(try_)?advisory_' or p.proname in ('lo_creat', 'lo_create', 'lo_from_bytea'))
        and has_function_privilege('naap_reader', p.oid, 'execute')
    loop
      execute format('revoke execute on function %s from public', function_name);
      execute format('grant execute on function %s to naap_owner, naap_ingest, naap_worker', function_name);
    end loop;
  end if;
end
$$;
