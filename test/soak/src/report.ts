import type { InboxCounts } from '@showpad-webhooks/core/inbox';
import type { Engine } from '@showpad-webhooks/inbox-tests';
import type { LongLife } from './disturb.ts';
import { type Figures, figuresOf, type Limits } from './figures.ts';
import { findBroken } from './rules.ts';
import type { Sent } from './sender.ts';

/** Everything that happened. */
export interface SoakRecord {
  readonly engine: Engine;
  readonly durationMs: number;
  readonly sent: Sent;
  readonly lives: readonly LongLife[];
  readonly steps: number;
  /** What is in the inbox at the end. */
  readonly counts: InboxCounts;
}

export interface SoakReport {
  readonly record: SoakRecord;
  readonly figures: Figures;
  /** The promises that were broken, in plain words. */
  readonly broken: readonly string[];
}

export function evaluate(record: SoakRecord, limits: Limits): SoakReport {
  const figures = figuresOf(record);
  return { record, figures, broken: findBroken(record, figures, limits) };
}
