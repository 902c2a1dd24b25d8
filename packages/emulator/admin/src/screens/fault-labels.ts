import type { FaultApi, FaultParam } from '../state/resources.ts';

/** The labels of the parameters of faults, with their units. */
export const PARAM_LABELS: Readonly<Record<FaultParam, string>> = {
  ms: 'Delay (ms)',
  medianMs: 'Median delay (ms)',
  sigma: 'Spread (sigma)',
  maxMs: 'Maximum delay (ms)',
  chunkBytes: 'Size of a piece (bytes)',
  pauseMs: 'Pause between pieces (ms)',
  copies: 'Number of copies',
  afterMs: 'Delay of the copies (ms)',
  atMostMs: 'Maximum wait (ms)',
  events: 'Number of further events',
  keptPart: 'Part of the body that is sent (0 to 1)',
  header: 'Header',
  value: 'Value',
  seconds: 'Clock offset (s)',
  type: 'Event type sent',
  time: 'Time sent',
  text: 'Text',
  bytes: 'Size of the field (bytes)',
  retryAfterSeconds: 'Retry-After (s)',
  status: 'Status (500 to 599)',
};

export const API_LABELS: Readonly<Record<FaultApi, string>> = {
  delivery: 'Deliveries to webhooks',
  oauth: 'OAuth API',
  subscriptions: 'Subscriptions API',
};

export const MATCH_LABELS: Readonly<Record<string, string>> = {
  type: 'Event type',
  subscriptionId: 'Webhook',
  attempt: 'Attempt',
  path: 'Path',
  method: 'Method',
};
