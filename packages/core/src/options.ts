import type { EventMap, EventOf, ShowpadEvent } from './events/event.ts';
import type { EventSchemas, StandardSchemaV1, WithSchemas } from './events/schema.ts';
import type { Handler } from './handlers/handler.ts';
import type { Telemetry } from './handlers/telemetry.ts';
import type { Inbox } from './inbox/types.ts';
import type { Identify } from './once/identity.ts';
import { type Ledger, noLedger } from './once/ledger.ts';
import { createMemoryLedger } from './once/memory-ledger.ts';
import { checkAboveZero, checkKnown } from './shared/check.ts';
import { type Logger, silentLogger } from './shared/logger.ts';
import { createKeyring, type Keyring, type SignatureKeys } from './signature/keys.ts';
import { DEFAULT_TOLERANCE_SECONDS } from './signature/signed-headers.ts';

export type DeliveryMethod = 'POST' | 'GET';

/** Handlers by event type: `{ 'shared-space-created': (event, context) => … }`. */
export type HandlerMap<Events extends EventMap> = {
  readonly [Type in keyof Events & string]?:
    | Handler<EventOf<Events, Type>>
    | readonly Handler<EventOf<Events, Type>>[];
};

/** The options of a receiver: those for every receiver, and either a ledger or an inbox. */
export type ReceiverOptions<Events extends EventMap, Schemas> = CommonReceiverOptions<Events, Schemas> &
  (LedgerReceiverOptions | InboxReceiverOptions);

export interface LedgerReceiverOptions {
  /**
   * The name of the receiver. It is a part of the ledger's keys, so give two receivers that share a ledger two names. Letters,
   * digits, `.`, `_` and `-`. Default `default`.
   */
  readonly name?: string | undefined;
  /**
   * Default: `createMemoryLedger()`, with a warning on platforms where that is not enough. False: nothing is remembered, and
   * every retry runs every handler.
   */
  readonly ledger?: Ledger | false | undefined;
  readonly inbox?: undefined;
}

export interface InboxReceiverOptions {
  /**
   * Stores each delivery durably before the response, which is 202. Handlers run from the inbox after `receiver.start()`, as
   * often as they need. It takes the place of the ledger. The receiver has the name of its inbox.
   */
  readonly inbox: Inbox;
  readonly ledger?: undefined;
  readonly name?: undefined;
}

export interface CommonReceiverOptions<Events extends EventMap, Schemas> {
  /** The signature keys, or a function that looks them up. Each subscription has its own key. */
  readonly keys: SignatureKeys;
  /** Handlers by event type. This is the same as calling `on` for each. */
  readonly on?: HandlerMap<WithSchemas<Events, Schemas>>;
  /** How far the timestamp of a delivery may be off, in both directions. Default 300. */
  readonly toleranceSeconds?: number;
  /**
   * The largest event that is handled. An authentic one that is larger is answered with 503 and reported, or stored as dead if
   * there is an inbox. A body of more than four times as many bytes is rejected with 413. Default 10 MiB.
   */
  readonly maxBodyBytes?: number;
  /**
   * How many bytes of bodies are held at once, for all deliveries together. One that finds no room is answered with 503, so that
   * Showpad retries it. Default 256 MiB, and at least four times `maxBodyBytes`.
   */
  readonly maxBytesInFlight?: number;
  /** The methods with which subscriptions send. Default `['POST']`. */
  readonly methods?: readonly DeliveryMethod[];
  /**
   * How long the handlers of an event may take before their signal aborts. Without an inbox the response is 503 then. The
   * handlers keep the event until they end. Default 10,000, or 60,000 with an inbox.
   */
  readonly handlerTimeoutMs?: number;
  /** Validate and type `event.data`, by event type. Any Standard Schema fits: Zod, Valibot, ArkType and others. */
  readonly schemas?: Schemas;
  /**
   * What happens to an event that does not fit its schema. `reject`: the response is 500, and Showpad retries. `report`: the
   * handlers run with the data as it was sent, and `onError` and the telemetry get `EVENT_DRIFT`, once per type and path.
   * Default `reject`.
   */
  readonly schemaMode?: 'reject' | 'report';
  /**
   * Says which events are the same, for a sender that repeats an event under a new id. Two events with the same text are one
   * for the ledger or the inbox, so the text must be the same each time the event comes, and name the type. The data is what was
   * sent: no schema was applied. If it throws or returns no text, the response is 503. Default: `event.id`.
   */
  identify?(event: ShowpadEvent<NoInfer<Events>>): string;
  /** Unix time in ms. Default `Date.now`. */
  readonly clock?: () => number;
  /** Gets one line per delivery, without payloads and secrets. Default: silent. */
  readonly logger?: Logger;
  /** Traces and metrics: `createTelemetry()` of `@showpad-webhooks/otel`, or your own. Default: none. */
  readonly telemetry?: Telemetry;
  /**
   * Lets the hint of a `SIGNATURE_MISMATCH` say which of the usual mistakes it is, by signing the delivery again as each mistake
   * would have. A forger could make you pay for that. Default: only if `NODE_ENV` is `development`.
   */
  readonly explainMismatches?: boolean;
  /**
   * Gets the work that goes on after a response: handlers that outlive their timeout, and listeners that return a promise. Pass
   * the function of a platform that stops an instance once it has answered: `waitUntil` of `cloudflare:workers` or
   * `@vercel/functions`, or `after` of Next.js. Default: the work goes on by itself.
   */
  waitUntil?(work: Promise<void>): void;
}

/** The options of a receiver, checked, with every default filled in. */
export interface ReceiverSettings {
  readonly name: string;
  readonly keyring: Keyring;
  readonly toleranceSeconds: number;
  readonly maxBodyBytes: number;
  readonly maxBytesInFlight: number;
  readonly methods: readonly string[];
  readonly handlerTimeoutMs: number;
  readonly ledger: Ledger;
  readonly inbox: Inbox | undefined;
  readonly schemas: ReadonlyMap<string, StandardSchemaV1>;
  readonly isDriftReported: boolean;
  readonly identify: Identify | undefined;
  /** Unix time in ms. */
  readonly clock: () => number;
  /** Measures durations, in ms. It does not step, unless it is a clock of the caller's. */
  readonly now: () => number;
  readonly logger: Logger;
  readonly telemetry: Telemetry | undefined;
  readonly explainMismatches: boolean;
}

/** Options as they come from JavaScript, where nothing has checked them yet. */
export type UncheckedOptions = CommonReceiverOptions<EventMap, EventSchemas> & {
  readonly name?: string | undefined;
  readonly ledger?: Ledger | false | undefined;
  readonly inbox?: Inbox | undefined;
};

const MEBIBYTE = 1024 * 1024;

/** The name of every option of a receiver, for adapters that check them together with their own. */
export const RECEIVER_OPTIONS: Readonly<Record<keyof UncheckedOptions, true>> = {
  name: true,
  keys: true,
  on: true,
  toleranceSeconds: true,
  maxBodyBytes: true,
  maxBytesInFlight: true,
  methods: true,
  handlerTimeoutMs: true,
  ledger: true,
  inbox: true,
  schemas: true,
  schemaMode: true,
  identify: true,
  clock: true,
  logger: true,
  telemetry: true,
  explainMismatches: true,
  waitUntil: true,
};

/** @throws TypeError that names the option, the rule and the fix. */
export function readOptions(options: UncheckedOptions): ReceiverSettings {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('The options must be an object with at least { keys }.');
  }
  checkKnown(options, RECEIVER_OPTIONS);
  const { inbox, ledger, methods = ['POST'], schemas = {} } = options;
  const { toleranceSeconds = DEFAULT_TOLERANCE_SECONDS, maxBodyBytes = 10 * MEBIBYTE } = options;
  const { maxBytesInFlight = Math.max(256 * MEBIBYTE, 4 * maxBodyBytes) } = options;
  const { schemaMode = 'reject' } = options;
  const { handlerTimeoutMs = inbox ? 60_000 : 10_000 } = options;
  checkAboveZero({ toleranceSeconds, maxBodyBytes, maxBytesInFlight, handlerTimeoutMs });
  const now = options.clock ?? (() => performance.now());
  checkMethods(methods);
  checkSchemas(schemas);
  if (schemaMode !== 'reject' && schemaMode !== 'report') {
    throw new TypeError("The option \"schemaMode\" must be 'reject' or 'report'.");
  }
  if (inbox && ledger) {
    throw new TypeError('Pass either a ledger or an inbox: an inbox also handles each event once.');
  }
  return {
    name: readName(options.name, inbox),
    keyring: createKeyring(options.keys),
    toleranceSeconds,
    maxBodyBytes,
    maxBytesInFlight,
    methods,
    handlerTimeoutMs,
    inbox,
    ledger: ledger === false ? noLedger : (ledger ?? createMemoryLedger({ now })),
    schemas: new Map(Object.entries(schemas)),
    isDriftReported: schemaMode === 'report',
    identify: options.identify as Identify | undefined,
    clock: options.clock ?? Date.now,
    now,
    logger: options.logger ?? silentLogger,
    telemetry: options.telemetry,
    explainMismatches: options.explainMismatches ?? process.env.NODE_ENV === 'development',
  };
}

function readName(name: string | undefined, inbox: Inbox | undefined): string {
  if (inbox && name !== undefined && name !== inbox.name) {
    throw new TypeError(
      `The inbox names its receiver "${inbox.name}". Give the name "${name}" to the inbox instead.`,
    );
  }
  const found = inbox?.name ?? name ?? 'default';
  if (!/^[\w.-]{1,64}$/.test(found)) {
    throw new TypeError('The option "name" must be 1 to 64 letters, digits, and any of . _ -');
  }
  return found;
}

function checkMethods(methods: unknown): void {
  const isValid =
    Array.isArray(methods) && methods.length > 0 && methods.every((m) => m === 'POST' || m === 'GET');
  if (!isValid) throw new TypeError("The option \"methods\" must be ['POST'], ['GET'] or ['POST', 'GET'].");
}

function checkSchemas(schemas: EventSchemas): void {
  for (const [type, schema] of Object.entries(schemas)) {
    if (typeof schema?.['~standard']?.validate !== 'function') {
      throw new TypeError(`schemas["${type}"] is not a Standard Schema. See https://standardschema.dev.`);
    }
  }
}
