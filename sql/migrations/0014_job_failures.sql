-- Why jobs fail.

-- One class and one reason per job, '' when it did not fail.
alter table core.job add column failure_class text not null default '';
alter table core.job add column failure_reason text not null default '';

-- What an earlier release stored is classified when it is resolved again, which is now; jobs begun before the raw floor
-- keep neither.
insert into work.job_mark (org, kind, request_id, event_id)
select org, kind, case when kind = 'ai_batch' then request_id else '' end, event_id
from core.job
where is_success is not true or llm_error <> '';
