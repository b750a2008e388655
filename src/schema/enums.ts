import { AppError } from '../errors.js';
import type { GpuIdentityStatus, GroupKey, SyntheticChoice } from '../resolvers/grouping.js';
import type { SourceKind } from '../resolvers/meta.js';
import type { NullReason, Unit } from '../resolvers/metric.js';
import type { Bucket } from '../resolvers/range.js';
import type { Builder } from './builder.js';

/** An enum whose every value is described; the record's type keeps it complete. */
export function describedEnum<Value extends string>(
  builder: Builder,
  name: string,
  description: string,
  values: Readonly<Record<Value, string>>,
) {
  const entries = Object.entries<string>(values).map(([value, text]) => [value, { value, description: text }] as const);
  return builder.enumType<string, Record<Value, { value: Value; description: string }>>(name, {
    description,
    // Built from the record's own entries, whose keys the compiler only knows as text.
    values: Object.fromEntries(entries) as Record<Value, { value: Value; description: string }>,
  });
}

/**
 * The enum of a closed set of words that the warehouse stores in lower case: each public name is its word in capitals, a dash being an underscore.
 * `of` takes stored text for one of them, and fails when it is none.
 */
export function storedEnum<Word extends string>(
  builder: Builder,
  name: string,
  description: string,
  words: Readonly<Record<Word, string>>,
) {
  const entries = Object.entries<string>(words).map(
    ([word, text]) => [word.toUpperCase().replaceAll('-', '_'), { value: word, description: text }] as const,
  );
  const isWord = (text: string): text is Word => Object.hasOwn(words, text);
  return {
    type: builder.enumType<string, Record<string, { value: Word; description: string }>>(name, {
      description,
      // Built from the record's own entries, whose keys the compiler only knows as text.
      values: Object.fromEntries(entries) as Record<string, { value: Word; description: string }>,
    }),
    of: (text: string): Word => {
      if (isWord(text)) return text;
      throw new AppError('INVARIANT_BROKEN', `${JSON.stringify(text)} is stored where ${name} has no such value`);
    },
  };
}

export type StoredEnum<Word extends string> = ReturnType<typeof storedEnum<Word>>;

export function defineEnums(builder: Builder) {
  return {
    Bucket: describedEnum<Bucket>(builder, 'Bucket', 'Width of the buckets of a time series, in UTC.', {
      MINUTE_1:
        'One minute, computed when read; over at most 6 hours; of status samples as far back as raw events are kept.',
      MINUTE_5: 'Five minutes, kept less long than hours and days.',
      HOUR_1: 'One hour.',
      DAY_1: 'One UTC day.',
    }),
    Dimension: describedEnum<GroupKey>(
      builder,
      'Dimension',
      'What numbers can be grouped by; any subset of what a field has works, and anything else is refused.',
      {
        ORG: 'Organisation whose gateways sent the events.',
        ORCHESTRATOR: 'Canonical on-chain address of the orchestrator.',
        GATEWAY: 'Public name of the gateway.',
        PIPELINE: 'Canonical pipeline, such as live-video-to-video.',
        MODEL: 'Model the pipeline runs.',
        GPU: 'Public id of the GPU; unknown on a surface of several GPUs.',
        REGION: 'Region of the gateway.',
        KIND: 'Kind of a job (jobMetrics, jobFailureReasons), or how a swap is known (swapReasons).',
        FAILURE_CLASS: 'How a session or job failed (failureReasons, jobFailureReasons).',
        REASON: 'Why: swapReasons, failureReasons and jobFailureReasons.',
      },
    ),
    GpuIdentityStatus: describedEnum<GpuIdentityStatus>(
      builder,
      'GpuIdentityStatus',
      'Whether the GPU behind a slice of demand or service is known; the slices of both sum to the whole.',
      {
        RESOLVED: 'One GPU is known.',
        HARDWARE_UNRESOLVED: 'None is: no hardware was reported, several GPUs share the surface, or nobody is known.',
      },
    ),
    Synthetic: describedEnum<SyntheticChoice>(builder, 'Synthetic', 'Which traffic counts.', {
      EXCLUDE: 'Real traffic only.',
      ONLY: 'Test traffic only.',
      INCLUDE: 'Real and test traffic together.',
    }),
    SourceKind: describedEnum<SourceKind>(builder, 'SourceKind', 'What messages are read from.', {
      KAFKA: 'A partition of a Kafka topic.',
      FILE: 'A file of messages, read once.',
    }),
    NullReason: describedEnum<NullReason>(builder, 'NullReason', 'Why a value is null.', {
      OK: 'The value is not null.',
      NO_DATA: 'Nothing that would carry the value was seen.',
      INSUFFICIENT_SAMPLES: 'Too few samples were seen for the value to mean anything.',
      NOT_COLLECTED: 'No producer sends what the value needs, or nothing configures it then.',
      NOT_FINAL: 'The bucket is open, and the question was about final values.',
      STALE: 'What was seen is too old to stand for now.',
    }),
    Unit: describedEnum<Unit>(builder, 'Unit', 'Unit of a value.', {
      RATIO: 'A share from 0 to 1.',
      COEFFICIENT: 'A ratio of two like quantities that may exceed 1.',
      COUNT: 'A number of things.',
      MILLISECONDS: 'Milliseconds.',
      SECONDS: 'Seconds.',
      MINUTES: 'Minutes.',
      FRAMES_PER_SECOND: 'Frames per second.',
      MEGABITS_PER_SECOND: 'Megabits (1e6 bits) per second.',
      POINTS: 'Points of a score from 0 to 100.',
      TOKENS: 'Tokens of a language model.',
      TOKENS_PER_SECOND: 'Tokens per second.',
      WEI: 'Wei; 1 ETH is 10^18. A mean, rounded to a float: exact amounts are of type Wei.',
    }),
  };
}

export type Enums = ReturnType<typeof defineEnums>;
