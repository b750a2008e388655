/**
 * The rows of `config.model_target` known by an instant as `target`, each with the span it is in force for; of equal
 * beginnings the row known last. As `bookKnownAt` and `targetRowAt` of the domain have it, for numbers that are summed
 * in SQL. `knownBy` is the parameter of the instant.
 */
export function targetsInForce(knownBy: string): string {
  return `target as (
  select pipeline as target_pipeline, model as target_model, fps_target,
    cold_startup_target_ms, warm_startup_target_ms, valid_from,
    lead(valid_from) over (partition by pipeline, model order by valid_from) as valid_until
  from (
    select distinct on (pipeline, model, valid_from) * from config.model_target
    where known_at <= ${knownBy}::timestamptz
    order by pipeline, model, valid_from, known_at desc
  ) as known
)`;
}

/** SQL texts of what a target is wanted for. */
interface Judged {
  readonly pipeline: string;
  readonly model: string;
  readonly at: string;
}

/** Condition of the one row `t` of `target` that is in force for a pipeline and model at an instant. */
export function isInForce({ pipeline, model, at }: Judged): string {
  return `t.target_pipeline = ${pipeline} and t.target_model = ${model}
    and ${at} >= t.valid_from and (t.valid_until is null or ${at} < t.valid_until)`;
}

/** How a session started, as far as it says. */
export const STARTS = ['cold', 'warm'] as const;
/** Columns of a target that rows are held against. */
export const TARGETS = ['fps_target', ...STARTS.map((start) => `${start}_startup_target_ms`)];

/** The frames of a row `r` held against the target of a row `t`, as `TargetedFps`. */
export function targetedFps(r: string, t: string): string {
  return `jsonb_build_object('targetFps', ${t}.fps_target::float8, 'sampleCount', ${r}.fps_sample_count::float8,
    'fpsSum', ${r}.fps_sum::text, 'fpsHistogram', ${r}.fps_histogram::text)`;
}

/** The cold or warm start-ups of a row `r` held against the threshold of a row `t`, as `TargetedStartup`. */
export function targetedStartup(r: string, t: string, start: (typeof STARTS)[number]): string {
  return `jsonb_build_object('targetMs', ${t}.${start}_startup_target_ms,
    'sampleCount', ${r}.${start}_startup_sample_count::float8, 'histogram', ${r}.${start}_startup_ms_histogram::text)`;
}
