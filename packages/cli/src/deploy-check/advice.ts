import { adviceOn, originOf, readOutcome } from '../http/answer.ts';
import { seconds } from '../terminal/seconds.ts';
import type { Rehearsal, RehearsalOptions } from './rehearse.ts';
import { failureOf } from './summary.ts';

const CLOSE_FIRST =
  'On the signal, call server.close(), which lets running requests end, and then receiver.close().';

/** These end by the signal themselves, whatever the app does that they have started. */
const RUNNER = /(?:^|\/)(?:npm|npx|pnpm|yarn|bun)$/;

/** Says what to do about a restart, in the order of importance. */
export function adviseOn(
  rehearsal: Rehearsal,
  { command, stop, readyMs, retryDelaysMs }: RehearsalOptions,
): readonly string[] {
  const { stopped, isBack, outageMs, lost, open, savedAfterNoAnswer, failures } = rehearsal;
  const advice: string[] = [];
  if (!isBack) {
    advice.push(`The app was not back within ${seconds(readyMs)}. --show-output shows what it prints.`);
  }
  if (stopped.wasKilled) {
    advice.push(
      `The app did not end within ${seconds(stop.graceMs)} of ${stop.signal} and was killed, as a platform would do. ` +
        'Pass a shorter timeoutMs to close(), and close what else keeps the process alive.',
    );
  } else if (stopped.endSignal === stop.signal && !RUNNER.test(command[0] ?? '')) {
    advice.push(
      `The app does not handle ${stop.signal}, so it ends in the middle of its work. ${CLOSE_FIRST}`,
    );
  } else if (failures.ECONNRESET !== undefined || failures.EPIPE !== undefined) {
    advice.push(`The app closed connections without an answer. ${CLOSE_FIRST}`);
  }
  advice.push(...adviceOnAnswers(rehearsal));
  if (outageMs !== 0) {
    advice.push(
      'While one instance stops and the next one starts, nobody takes events. Start the new instance before the old one ' +
        'stops, behind a load balancer, or make the start faster. An inbox keeps only what has arrived.',
    );
  }
  if (savedAfterNoAnswer > 0 && lost + open === 0) {
    advice.push(
      `${savedAfterNoAnswer} of the saved events got no answer at first. That Showpad tries again then, as after a 5xx, is ` +
        'assumed: it is documented only for a 5xx.',
    );
  }
  if (outageMs !== null && outageMs > (retryDelaysMs.at(-1) ?? 0) / 2 && lost + open === 0) {
    advice.push(
      'More than half of the window is used, so a slower machine or a longer start would lose events.',
    );
  }
  return advice;
}

/** A 4xx or a redirect is final, and each says what to look for. */
function adviceOnAnswers({ attempts }: Rehearsal): readonly string[] {
  const isReceiverThere = attempts.some(
    ({ response }) => response && readOutcome(response).outcome !== undefined,
  );
  const meanings = new Set<string>();
  for (const attempt of attempts) {
    const { state, response } = attempt;
    if (state !== 'failed' || !response) continue;
    const meaning = [originOf(response, isReceiverThere), adviceOn(response)].filter(Boolean).join(' ');
    meanings.add(`Showpad does not try again after this answer: ${failureOf(attempt)}. ${meaning}`);
  }
  return [...meanings];
}
