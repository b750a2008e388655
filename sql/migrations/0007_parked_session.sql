-- Sessions that could not be resolved, with the marks they are owed, so that nothing waits for them and nothing of them
-- is lost. A session is here until it is resolved: it is tried again when it is due, and whenever it is marked anew.
create table work.parked_session (
  org text not null,
  session_key text not null,
  session_id text not null,               -- its public id, which core.session may not have yet
  shard smallint not null,                -- as in work.session_mark
  slice_starts timestamptz[] not null,    -- dirty slices
  is_attribution_due boolean not null,    -- it also had a mark without a slice
  reason text not null check (reason in ('unreadable', 'unresolvable', 'refused')),
  error text not null,                    -- for the operator: it may name what is not public
  attempt_count integer not null,
  first_failed_at timestamptz not null,
  last_failed_at timestamptz not null,
  retry_at timestamptz not null,          -- infinity: its marks are set again, a worker will come to them
  primary key (org, session_key)
);
create index parked_session_by_retry on work.parked_session (retry_at);
