import { INBOX_DEFAULTS } from '@showpad-webhooks/core/inbox';
import { defaultBackoff } from '../../../packages/core/src/inbox/backoff.ts';
import { LEASE_MS } from '../../../packages/core/src/once/ledger.ts';
import { isHandled, runHandlers, type SimulatedEvent, type World } from './event.ts';
import type { Deliver } from './showpad.ts';
import { settingOf } from './template.ts';

/** How a delivery is received. Returns what answers the deliveries of one event. */
type Design = (world: World, event: SimulatedEvent) => Deliver;

/** The default of `handlerTimeoutMs` of a receiver without an inbox. */
const HANDLER_TIMEOUT_MS = 10_000;

const VISIBILITY_TIMEOUT_MS = 1_000 * settingOf('VisibilityTimeout');
const MAX_RECEIVE_COUNT = settingOf('maxReceiveCount');

/** Handlers run before the response, and nothing is remembered: each delivery runs all of them. */
const none: Design = (world, event) => (answer) => {
  if (world.app.isDown(world.agenda.now(), world.random)) return answer(undefined);
  runHandlers(world, event, 'all', (result) => {
    if (result === 'succeeded') return answer(200);
    answer(result === 'failed' ? 500 : undefined);
  });
};

/** Handlers run before the response. A ledger outside the process remembers which have succeeded, and that some are running. */
const ledger: Design = (world, event) => {
  const { agenda, app, random } = world;
  let isClaimed = false;
  return (answer) => {
    if (app.isDown(agenda.now(), random)) return answer(undefined);
    if (isClaimed) return answer(503);
    if (isHandled(event)) return answer(200);
    isClaimed = true;
    agenda.at(agenda.now() + HANDLER_TIMEOUT_MS, () => answer(503));
    runHandlers(world, event, 'open', (result) => {
      if (result === 'cut off') {
        agenda.at(agenda.now() + LEASE_MS, () => {
          isClaimed = false;
        });
        return answer(undefined);
      }
      isClaimed = false;
      answer(result === 'succeeded' ? 200 : 500);
    });
  };
};

/** Each delivery is stored before the response. Handlers run from there, with the inbox's own retries. */
const inbox: Design = (world, event) => {
  const { agenda, app, random } = world;
  const { maxAttempts, leaseMs } = INBOX_DEFAULTS;

  function attempt(number: number): void {
    if (number > maxAttempts) {
      event.isDead = true;
      return;
    }
    runHandlers(world, event, 'open', (result) => {
      if (result === 'succeeded') return;
      const waitMs = result === 'failed' ? defaultBackoff(number, random) : leaseMs;
      attemptAt(agenda.now() + waitMs, number + 1);
    });
  }

  /** If the app is down then, it takes up the event when it has started. */
  function attemptAt(dueMs: number, number: number): void {
    agenda.at(app.upAgainMs(dueMs), () => attempt(number));
  }

  return (answer) => {
    if (app.isDown(agenda.now(), random)) return answer(undefined);
    if (!event.isStored) attemptAt(agenda.now(), 1);
    event.isStored = true;
    answer(202);
  };
};

/**
 * A gateway that is always there puts each delivery into SQS. The app is a function that SQS calls again until it succeeds. That the
 * function itself has a timeout is left out.
 */
const queue: Design = (world, event) => {
  const { agenda, app, random } = world;

  function receive(count: number): void {
    if (count > MAX_RECEIVE_COUNT) {
      event.isDead = true;
      return;
    }
    const again = () => agenda.at(beganMs + VISIBILITY_TIMEOUT_MS, () => receive(count + 1));
    const beganMs = agenda.now();
    if (app.isDown(beganMs, random)) again();
    else
      runHandlers(world, event, 'open', (result) => {
        if (result !== 'succeeded') again();
      });
  }

  return (answer) => {
    if (!event.isStored) agenda.at(agenda.now(), () => receive(1));
    event.isStored = true;
    answer(202);
  };
};

export type DesignName = 'none' | 'ledger' | 'inbox' | 'queue';

export const DESIGNS: Readonly<Record<DesignName, Design>> = { none, ledger, inbox, queue };
