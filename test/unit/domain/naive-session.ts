/**
 * A second, slow reading of the contract, straight from the events of a session: no folds, no slices, no incremental
 * anything. Every bucket is judged by filtering the events before its horizon and starting over.
 */
import type { CapabilityRunRow } from '../../../src/domain/capability-index.js';
import { MILESTONES, type Milestone, type SessionEvent } from '../../../src/domain/event.js';
import { MAX_AGE_MS, MINUTE, naming } from './session-samples.js';

const PIPELINES = ['live-video-to-video', 'llm', 'noop', 'text-to-image'];
const HOT_KEY = /^0x[0-9a-f]{40}$/;

interface Id {
  url: string;
  address: string;
}
interface Part {
  events: SessionEvent[];
  change: SessionEvent | null;
  first: Id;
  latest: Id;
  latestAt: number;
}
interface Decision {
  outcome: string;
  reason: string;
  confidence: string;
  address: string;
  pipeline: string;
  model: string;
  gpu: string;
}

export const precedes = (a: SessionEvent, b: SessionEvent): boolean =>
  a.eventAtMs !== b.eventAtMs
    ? a.eventAtMs < b.eventAtMs
    : a.familyRank !== b.familyRank
      ? a.familyRank < b.familyRank
      : Buffer.compare(Buffer.from(a.eventId), Buffer.from(b.eventId)) < 0;
const inOrder = (events: readonly SessionEvent[]) => [...events].sort((a, b) => (precedes(a, b) ? -1 : 1));
const has = (e: SessionEvent, milestone: Milestone) => (e.milestones & (1 << MILESTONES.indexOf(milestone))) !== 0;
export const isShowing = (e: SessionEvent) => e.showsIdentity && e.orchUrl + e.orchAddress !== '';

export class NaiveSession {
  readonly events: readonly SessionEvent[];
  readonly parts: Part[] = [];
  constructor(
    events: readonly SessionEvent[],
    readonly runs: readonly CapabilityRunRow[],
  ) {
    this.events = inOrder(events);
    this.cut();
  }

  private owners(matches: (row: CapabilityRunRow) => boolean, until: number): string[] {
    const known = this.runs.filter((row) => row.firstAt.getTime() <= until && matches(row));
    return [...new Set(known.map((row) => row.address))];
  }
  canonical(id: Id, at: number): string | null {
    const until = at + 30_000;
    const byUrl = this.owners((row) => id.url !== '' && row.uri === id.url, until);
    if (byUrl.length === 1) return byUrl[0] ?? null;
    if (id.address === '') return null;
    if (this.owners((row) => row.address === id.address, until).length > 0) return id.address;
    const hot = this.owners(
      (row) => row.localAddress === id.address && HOT_KEY.test(id.address) && row.address !== id.address,
      until,
    );
    return hot.length === 1 ? (hot[0] ?? null) : null;
  }
  compare(a: Id, b: Id, at: number): boolean | null {
    const [x, y] = [this.canonical(a, at), this.canonical(b, at)];
    if (x !== null && y !== null) return x === y;
    if (a.url && b.url) return a.url === b.url;
    if (a.address && b.address) return a.address === b.address;
    return null;
  }

  private cut(): void {
    let seen: Id | null = null;
    for (const e of this.events) {
      const id = { url: e.orchUrl, address: e.orchAddress };
      const isNew: boolean = isShowing(e) && (seen === null || seen.url !== id.url || seen.address !== id.address);
      let part = this.parts.at(-1);
      const isOther: boolean =
        isNew && seen !== null && part !== undefined && this.compare(part.latest, id, e.eventAtMs) === false;
      if (part === undefined || isOther) {
        part = {
          events: [],
          change: isOther ? e : null,
          first: { url: '', address: '' },
          latest: { url: '', address: '' },
          latestAt: 0,
        };
        this.parts.push(part);
      }
      part.events.push(e);
      if (isNew) {
        part.first = { url: part.first.url || id.url, address: part.first.address || id.address };
        part.latest = { url: id.url || part.latest.url, address: id.address || part.latest.address };
        part.latestAt = e.eventAtMs;
        seen = id;
      }
    }
  }

  swaps() {
    const used = new Map<SessionEvent, number>();
    const events = this.events.filter((e) => e.isSwap);
    const lyingIn = (e: SessionEvent) => this.parts.findIndex((part) => part.events.includes(e));
    const names = (e: SessionEvent, index: number): boolean => {
      const part = this.parts[index];
      if (part === undefined) return false;
      if (e.orchUrl + e.orchAddress === '') return lyingIn(e) === index;
      const away = { url: e.orchUrl, address: e.orchAddress };
      return this.compare(away, part.latest, Math.max(e.eventAtMs, part.latestAt)) === true;
    };
    const all: { at: number; event: SessionEvent; isExplicit: boolean; from: number | null }[] = [];
    this.parts.forEach((part, index) => {
      if (part.change === null) return;
      const change = part.change;
      const before = this.parts[index - 1]?.change ?? null;
      const free = events.filter(
        (e) =>
          !used.has(e) &&
          names(e, index - 1) &&
          (before === null || precedes(before, e)) &&
          e.eventAtMs <= change.eventAtMs + 10_000,
      );
      const pair = free.filter((e) => precedes(e, change)).at(-1) ?? free.find((e) => precedes(change, e));
      if (pair !== undefined) used.set(pair, index - 1);
      else all.push({ at: change.eventAtMs, event: change, isExplicit: false, from: index - 1 });
    });
    for (const e of events) {
      let from = used.get(e) ?? null;
      if (from === null) {
        this.parts.forEach((part, index) => {
          if ((part.change === null || precedes(part.change, e)) && names(e, index)) from = index;
        });
      }
      all.push({ at: e.eventAtMs, event: e, isExplicit: true, from });
    }
    return all.sort((a, b) => (a.event === b.event ? 0 : precedes(a.event, b.event) ? -1 : 1));
  }

  private hints(part: Part, candidateModel: string | null) {
    let pipeline = '';
    let model = '';
    const alias = (text: string) => (text.toLowerCase() === 'pip_sd-turbo' ? 'streamdiffusion-sdxl' : text);
    for (const e of part.events) {
      model ||= alias(e.modelText);
      const text = e.pipelineText;
      if (text === '') continue;
      const isModel =
        candidateModel === null
          ? text.toLowerCase() === 'noop'
          : alias(text).toLowerCase() === candidateModel.toLowerCase();
      if (!isModel && PIPELINES.includes(text.toLowerCase())) pipeline ||= text.toLowerCase();
      else model ||= alias(text);
    }
    return { pipeline: pipeline || (model.startsWith('streamdiffusion') ? 'live-video-to-video' : ''), model };
  }

  decide(part: Part): Decision {
    const own = this.hints(part, null);
    const none = (outcome: string, reason: string): Decision => {
      return { outcome, reason, confidence: 'none', address: '', pipeline: own.pipeline, model: own.model, gpu: '' };
    };
    const start = Math.min(...part.events.map((e) => e.eventAtMs));
    const end = Math.max(...part.events.map((e) => e.eventAtMs));
    const { url, address } = part.first;
    if (url + address === '') return none('unresolved', 'no_orchestrator_observed');
    const known = this.runs.filter((row) => row.firstAt.getTime() <= end + 30_000);
    const byAddress = known.filter((row) => row.address === address && address !== '');
    const byHot = known.filter(
      (row) => HOT_KEY.test(address) && row.localAddress === address && row.address !== address,
    );
    const byUrl = known.filter((row) => url !== '' && row.uri === url);
    if (url !== '' && byUrl.length === 0) {
      if (byAddress.length > 0) return none('unresolved', 'missing_uri_snapshot_address_match_present');
      return none('unresolved', byHot.length > 0 ? 'missing_uri_snapshot_local_alias_present' : 'missing_candidate');
    }
    const isOneHot = new Set(byHot.map((row) => row.address)).size === 1;
    const matched = url !== '' ? byUrl : byAddress.length > 0 ? byAddress : isOneHot ? byHot : [];
    if (matched.length === 0) return none('unresolved', 'missing_candidate');
    const candidates = matched.flatMap((row) => {
      const first = row.firstAt.getTime();
      const next = row.nextAt?.getTime() ?? Number.POSITIVE_INFINITY;
      const rank =
        first > start
          ? 2
          : next > start
            ? row.lastAt.getTime() >= start - MAX_AGE_MS
              ? 0
              : 3
            : start - next <= MAX_AGE_MS
              ? 1
              : 3;
      const { hardware, models } = row.content;
      const offers =
        hardware.length > 0
          ? hardware.flatMap((h) =>
              h.gpus.length > 0 ? h.gpus.map((g) => ({ ...h, gpu: g.uuid })) : [{ ...h, gpu: '' }],
            )
          : models.filter((m) =>
              m.capability >= 27 && m.capability !== 35 ? m.capability <= 36 : m.capability === 35,
            );
      const list = offers.length > 0 ? offers : [{ pipeline: '', model: '', gpu: '' }];
      return list.map((o) => ({ row, rank, pipeline: o.pipeline, model: o.model, gpu: 'gpu' in o ? o.gpu : '' }));
    });
    const agreeing = candidates.filter((c) => {
      const hint = this.hints(part, c.model);
      const same = (x: string, y: string) => x === '' || y === '' || x.toLowerCase() === y.toLowerCase();
      return same(c.pipeline, hint.pipeline) && same(c.model, hint.model);
    });
    if (agreeing.length === 0) return none('unresolved', 'incompatible_candidates');
    const best = Math.min(...agreeing.map((c) => c.rank));
    const inClass = agreeing.filter((c) => c.rank === best);
    const chosen = inClass.filter((c) => {
      const rivals = inClass.filter((o) => o.row.address === c.row.address && o.row.uri === c.row.uri);
      const times = rivals.map((o) => o.row.firstAt.getTime());
      return c.row.firstAt.getTime() === (best === 2 ? Math.min(...times) : Math.max(...times));
    });
    if (best === 3) return none('stale', 'stale');
    const surfaces = new Set(chosen.map((c) => [c.row.address, c.row.uri, c.pipeline, c.model].join(' ')));
    if (surfaces.size > 1) return none('ambiguous', 'ambiguous');
    const [one] = chosen;
    if (one === undefined) throw new Error('unreachable');
    const hint = this.hints(part, one.model);
    const gpus = [...new Set(chosen.map((c) => c.gpu).filter((gpu) => gpu !== ''))];
    return {
      outcome: gpus.length > 0 ? 'resolved' : 'hardware_less',
      reason: ['matched', 'matched_prior', 'matched_later'][best] ?? '',
      confidence: gpus.length !== 1 || best === 2 ? 'low' : best === 0 && url !== '' ? 'high' : 'medium',
      address: one.row.address,
      pipeline: one.pipeline || hint.pipeline,
      model: one.model || hint.model,
      gpu: gpus.length === 1 ? `gpu_${gpus[0]}` : '',
    };
  }

  first(milestone: Milestone): SessionEvent | null {
    return this.events.find((e) => has(e, milestone)) ?? null;
  }

  latencies(): Record<string, { ms: number; at: number; part: number }> {
    const found: Record<string, { ms: number; at: number; part: number }> = {};
    const clock = (e: SessionEvent | null) =>
      e === null ? null : e.name === 'any' && e.ownAtMs !== null ? e.ownAtMs : e.eventAtMs;
    const span = (name: string, from: number | null, to: SessionEvent | null, toClock: number | null) => {
      if (from === null || to === null || toClock === null || toClock < from) return;
      found[name] = {
        ms: toClock - from,
        at: to.eventAtMs,
        part: this.parts.findIndex((part) => part.events.includes(to)),
      };
    };
    const own = (milestone: Milestone) => this.first(milestone)?.ownAtMs ?? null;
    const ingest = clock(this.first('send_first_ingest'));
    const output = this.first('receive_first_processed');
    span('startup', clock(this.first('receive_request')), output, clock(output));
    span('gatewayRoundTrip', ingest, output, clock(output));
    const sent = this.first('runner_send_first_processed');
    const received = this.first('runner_receive_first_ingest');
    span('e2e', ingest, sent, own('runner_send_first_processed'));
    span('hopGatewayRunner', ingest, received, own('runner_receive_first_ingest'));
    span('hopRunner', own('runner_receive_first_ingest'), sent, own('runner_send_first_processed'));
    span('hopRunnerGateway', own('runner_send_first_processed'), output, clock(output));
    const few = this.first('few_processed');
    if (few !== null) {
      const starts = this.events
        .filter((e) => e.startTimeMs !== null && e.eventAtMs <= few.eventAtMs + 10 * MINUTE)
        .map((e) => e.startTimeMs ?? 0);
      if (starts.length > 0) span('ptff', Math.min(...starts), few, few.eventAtMs);
    }
    return found;
  }

  flags() {
    const request = this.first('receive_request');
    const isPlayable = this.first('few_processed') !== null;
    const isObserved = this.events.some(
      (e) => isShowing(e) || (e.isSwap && e.orchUrl + e.orchAddress + e.swapToUrl + e.swapToAddress !== ''),
    );
    const errors = this.events.filter((e) => e.isError);
    const isExcused = errors.length > 0 && errors.every((e) => e.message.toLowerCase().includes('user disconnected'));
    const noOrch = this.first('no_orchestrators') !== null;
    const startup =
      request === null
        ? 'unknown'
        : isPlayable
          ? 'success'
          : noOrch && !isObserved
            ? 'no_orch'
            : isExcused
              ? 'excusable_error'
              : 'none';
    return {
      startedAt: (request ?? this.events[0])?.eventAtMs ?? 0,
      lastSeen: this.events.at(-1)?.eventAtMs ?? 0,
      isRequested: request !== null,
      isPlayable,
      hasFirstOutput: this.first('receive_first_processed') !== null,
      startup,
      selection: isObserved ? 'selected' : noOrch ? 'no_orch' : 'unknown',
      cold: request?.isColdStart ?? null,
      hasLoadingImage: this.first('loading_image') !== null,
      hasStatus: this.events.some((e) => e.isSample),
    };
  }

  /** Why it failed, class and reason; null when it did not. */
  failure(): readonly [string, string, string | null] | null {
    const { isRequested, startup } = this.flags();
    const samples = this.events.filter((e) => e.isSample);
    const isLoadingOnly =
      samples.length > 0 &&
      samples.every((e) => !['ONLINE', 'DEGRADED_INPUT', 'DEGRADED_INFERENCE'].includes(e.state ?? ''));
    const isZeroOutput = samples.length > 0 && samples.every((e) => (e.fpsMicro ?? 0) <= 0);
    const failedAs = [
      startup === 'none' && 'startup_failed',
      isLoadingOnly && 'loading_only',
      isZeroOutput && 'zero_output',
      startup === 'no_orch' && 'no_orch',
      startup === 'excusable_error' && 'excusable_error',
    ].find((one) => one !== false);
    if (!isRequested || !failedAs) return null;
    const errors = this.events.filter((e) => e.isError);
    const isExcuse = (e: SessionEvent) => e.message === 'User Disconnected';
    const error = errors.find((e) => !isExcuse(e)) ?? errors[0];
    if (error === undefined) return [failedAs, 'none', null];
    const byText: Record<string, string> = {
      'User Disconnected': 'user',
      boom: 'unknown',
      'timed out': 'timeout',
      'O_CAPPED capacity': 'overload',
      'user left': 'user',
      'stream error': 'error',
    };
    return [failedAs, error.failureReason || (byText[error.message] ?? ''), error.eventId];
  }

  key(part: Part): string {
    const { address, pipeline, model, gpu } = this.decide(part);
    const host = this.events.find((e) => e.gateway !== '')?.gateway ?? '';
    const region = (host && naming.regionOf(host)) || (this.events.find((e) => e.region !== '')?.region ?? '');
    const isSynthetic = this.events.some((e) => e.isSynthetic);
    return [host && `public-${host}`, address, pipeline, model, gpu, region, isSynthetic].join('|');
  }
}
