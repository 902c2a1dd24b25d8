import { setTimeout as pause } from 'node:timers/promises';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { CliError } from '../cli-error.ts';
import { adviceOn, isDelivered, labelOf, readOutcome } from '../http/answer.ts';
import { isAnswer, send } from '../http/send.ts';
import type { AppEnd, AppProcess } from './app-process.ts';

interface Endpoint {
  readonly url: URL;
  readonly key: string;
  readonly type: string;
  readonly signal: AbortSignal;
}

const POLL_MS = 50;

/** @throws CliError if something answers already, because then it is not known which app the events reach */
export async function checkFree({ url, signal }: Pick<Endpoint, 'url' | 'signal'>): Promise<void> {
  const result = await send({ url, method: 'GET', headers: {}, body: new Uint8Array(), signal });
  if (!isAnswer(result)) return;
  throw new CliError(
    `Something answers at ${url.origin} already.`,
    'Stop it, so that the command can start the app itself, or pass another --port or --to.',
  );
}

/**
 * Resolves when the app accepts a signed event.
 *
 * @throws CliError if it ends, refuses the event, or does not accept it in time
 */
export async function waitUntilReady(app: AppProcess, endpoint: Endpoint, waitMs: number): Promise<void> {
  const { url, key, type, signal } = endpoint;
  const endsAtMs = performance.now() + waitMs;
  let last = { label: 'no answer', advice: adviceOn({ status: null, errorCode: 'ECONNREFUSED' }) };
  while (performance.now() < endsAtMs) {
    const end = app.ended();
    if (end) throw new CliError(`The app ended before it was ready: ${describeEnd(end)}.`, SEE_OUTPUT);
    const result = await send({ url, ...signedDelivery(type, { key }), signal });
    signal.throwIfAborted();
    if (isAnswer(result)) {
      const answer = { status: result.status, headers: result.headers, body: result.body.toString() };
      const outcome = readOutcome(answer);
      if (isDelivered(result.status)) return;
      last = { label: labelOf(result.status, outcome), advice: adviceOn(answer) };
      // A receiver that is there will not change its mind. Anything else may still be starting.
      if (outcome.outcome === 'rejected') break;
    } else {
      last = { label: result.message, advice: adviceOn({ status: null, errorCode: result.code }) };
    }
    await pause(POLL_MS, undefined, { signal });
  }
  throw new CliError(
    `The app does not accept events at ${url.href}: ${last.label}.`,
    [last.advice, SEE_OUTPUT].filter(Boolean).join(' '),
  );
}

const SEE_OUTPUT = '--show-output shows what the app prints.';

export function describeEnd({ exitCode, endSignal, problem }: AppEnd): string {
  return problem ?? (endSignal ? `the signal ${endSignal} ended it` : `its exit code was ${exitCode}`);
}
