import type { PublicApi } from '../scenario.js';

/** Counts of one topic, its verdicts as `verdict family reason: count`. */
export async function sourceOf(api: PublicApi, topic: string) {
  const { meta } = await api.ask(`{ meta { sources { topic consumedCount acceptedCount ignoredCount rejectedCount
    duplicateCount conflictCount unchangedCount nextOffset gapCount verdicts { family verdict reason messageCount } } } }`);
  const { verdicts, topic: _, ...counts } = meta.sources.find((source: { topic: string }) => source.topic === topic);
  const lines = verdicts.map(({ family, verdict, reason, messageCount }: Verdict) =>
    [verdict.toLowerCase(), family ?? '-', reason ?? '-', messageCount].join(' '),
  );
  return { counts, lines: lines.sort() };
}

interface Verdict {
  readonly family: string | null;
  readonly verdict: string;
  readonly reason: string | null;
  readonly messageCount: number;
}
