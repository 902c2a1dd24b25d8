import { type BytesInFlight, HeldBytes } from './delivery/bytes-in-flight.ts';
import {
  type Delivery,
  type EventDelivery,
  type KnownDelivery,
  readEventOf,
  type VerifiedDelivery,
} from './delivery/delivery.ts';
import type { Receipt } from './delivery/receipt.ts';
import { eventTooLarge, readBytes, type WebhookRequest } from './delivery/request.ts';
import { CODES, failureResponse, SUCCESS_RESPONSES, type SuccessOutcome } from './delivery/response.ts';
import type { Verifier } from './delivery/verify.ts';
import type { HandlerRegistry } from './handlers/registry.ts';
import type { ReceiverInbox } from './inbox/receiver-inbox.ts';
import type { HandleOnce } from './once/handle-once.ts';
import type { Unfinished } from './once/unfinished.ts';
import type { IgnoredTypes } from './reporting/ignored-types.ts';
import { logDelivery } from './reporting/log-delivery.ts';
import type { Reporter } from './reporting/reporter.ts';
import { ShowpadWebhookError, toWebhookError } from './shared/error.ts';
import { type Logger, silentLogger } from './shared/logger.ts';

export interface PipelineOptions {
  readonly receiverName: string;
  readonly methods: readonly string[];
  readonly maxBodyBytes: number;
  readonly clock: () => number;
  readonly logger: Logger;
  readonly inFlight: BytesInFlight;
  readonly unfinished: Unfinished;
  readonly verifier: Verifier;
  readonly registry: HandlerRegistry;
  readonly ignoredTypes: IgnoredTypes;
  readonly reporter: Reporter;
  readonly once: HandleOnce;
  readonly inbox: ReceiverInbox | undefined;
  readonly isClosing: () => boolean;
}

/** Makes the function that takes a delivery from its head to its response. It never rejects. */
export function createPipeline(options: PipelineOptions): (request: WebhookRequest) => Promise<Receipt> {
  const { methods, maxBodyBytes, clock, logger, inFlight, unfinished } = options;
  const { verifier, registry, ignoredTypes, reporter, once, inbox, isClosing } = options;

  /** Takes a delivery from the cheapest refusal to the handlers. What is thrown on the way becomes the response. */
  async function receive(request: WebhookRequest): Promise<Receipt> {
    // An adapter with a bug may pass no request at all, and that must not make this reject either.
    const receivedAtMs = request?.receivedAtMs ?? clock();
    const delivery: Delivery = { request, receivedAtMs };
    let known: KnownDelivery = delivery;
    let attempt: number | undefined;
    const held = new HeldBytes(inFlight);
    unfinished.add();
    try {
      if (isClosing()) throw closed();
      const head = verifier.checkHead(delivery);
      const body = await readBytes(request, maxBodyBytes, held);
      const read = { request, receivedAtMs, body };
      known = read;
      const verified = await verifier.verify(read, head);
      known = verified;
      const authentic = readEventOf(verified);
      if (ShowpadWebhookError.isInstance(authentic)) return await answerInvalid(verified, authentic);
      known = authentic;
      if (body.byteLength > maxBodyBytes) return await answerTooLarge(authentic);
      const handlers = registry.find(authentic.event.type);
      if (handlers.length === 0) ignoredTypes.note(authentic.event.type);
      if (inbox) return succeed(await inbox.put(authentic), known);
      if (handlers.length === 0) return succeed('ignored', known);
      const handled = await once.handle(authentic, handlers);
      attempt = handled.attempt;
      if (handled.error) throw handled.error;
      return succeed(handled.outcome, known, attempt);
    } catch (thrown) {
      return fail(toWebhookError(thrown), known, attempt);
    } finally {
      held.release();
      unfinished.delete();
    }
  }

  /** Keeps an authentic delivery that is not an event: in the inbox, or else as a dead letter. */
  async function answerInvalid(delivery: VerifiedDelivery, invalid: ShowpadWebhookError): Promise<Receipt> {
    if (inbox) return succeed(await inbox.putInvalid(delivery, invalid), delivery);
    throw (await reporter.deadLetter('invalid', invalid, delivery)) ?? invalid;
  }

  /** Keeps an authentic event above the limit, in the inbox. Otherwise a retry may find a higher limit. */
  async function answerTooLarge(delivery: EventDelivery): Promise<Receipt> {
    const tooLarge = eventTooLarge(delivery.body.byteLength, maxBodyBytes);
    if (inbox) return succeed(await inbox.putTooLarge(delivery, tooLarge), delivery);
    throw tooLarge;
  }

  function succeed(outcome: SuccessOutcome, delivery: KnownDelivery, attempt?: number): Receipt {
    const { event, keyLabel } = delivery;
    const receipt = { outcome, response: SUCCESS_RESPONSES[outcome], event, keyLabel };
    return logged(receipt, delivery, attempt);
  }

  function fail(error: ShowpadWebhookError, delivery: KnownDelivery, attempt?: number): Receipt {
    reporter.report(error, delivery, attempt);
    const { outcome } = CODES[error.code];
    const isUnread = typeof delivery.request?.body === 'function' && !delivery.body;
    const closesConnection = isUnread || isClosing();
    const response = failureResponse(error.code, { methods, closesConnection });
    const { event, keyLabel } = delivery;
    return logged({ outcome, response, error, event, keyLabel }, delivery, attempt);
  }

  function logged(receipt: Receipt, delivery: KnownDelivery, attempt: number | undefined): Receipt {
    if (logger === silentLogger) return receipt;
    const { outcome, error, response } = receipt;
    reporter.guard(() =>
      logDelivery(options, { delivery, attempt, outcome, error, status: response.status }),
    );
    return receipt;
  }

  return receive;
}

function closed(): ShowpadWebhookError {
  return new ShowpadWebhookError('CLOSED', 'The receiver is closed.', {
    hint: 'Stop the server before you call close(). Showpad will retry.',
  });
}
