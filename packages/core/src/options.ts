import { checkAboveZero } from './check.ts';
import type { EventMap, EventOf } from './event.ts';
import type { Handler } from './handlers.ts';
import type { Inbox } from './inbox.ts';
import { createKeyring, type Keyring, type SignatureKeys } from './keys.ts';
import { type Ledger, noLedger } from './ledger.ts';
import { type Logger, silentLogger } from './logger.ts';
import { createMemoryLedger } from './memory-ledger.ts';
import type { EventSchemas, StandardSchemaV1, WithSchemas } from './schema.ts';
import { DEFAULT_TOLERANCE_SECONDS } from './signature.ts';
import type { Telemetry } from './telemetry.ts';

export type DeliveryMethod = 'POST' | 'GET';

/** Handlers by event type: `{ 'shared-space-created': (event, context) => … }`. */
export type HandlerMap<Events extends EventMap> = {
  readonly [Type in keyof Events & string]?:
    | Handler<EventOf<Events, Type>>
    | readonly Handler<EventOf<Events, Type>>[];
};

export interface ReceiverOptions<Events extends EventMap, Schemas extends EventSchemas> {
  /** Part of the ledger's key: give two receivers that share a ledger two names. Letters, digits, `.`, `_`, `-`. Default `default`. */
  readonly name?: string;
  /** The signature keys, or a function that looks them up. Each subscription has its own key. */
  readonly keys: SignatureKeys;
  /** Handlers by event type; the same as calling `on` for each. */
  readonly on?: HandlerMap<WithSchemas<Events, Schemas>>;
  /** How far a delivery's timestamp may be off, both ways. Default 300. */
  readonly toleranceSeconds?: number;
  /** Larger bodies are refused with 413. Default 1 MiB. */
  readonly maxBodyBytes?: number;
  /** What the subscription was created with. Default `['POST']`. */
  readonly methods?: readonly DeliveryMethod[];
  /**
   * How long the handlers of an event may take before their signal aborts and the answer is 503, or the inbox
   * counts the attempt as failed. Default 10,000, with an inbox 60,000.
   */
  readonly handlerTimeoutMs?: number;
  /**
   * Stores each delivery durably before the answer, 202; handlers run from there after `receiver.start()`, as
   * often as they need. Takes the ledger's place. Default: none, and handlers run before the answer.
   */
  readonly inbox?: Inbox;
  /** Default: `createMemoryLedger()`. False: nothing is remembered, and every retry runs every handler. */
  readonly ledger?: Ledger | false;
  /** Validate and type `event.data`, by event type. Zod, Valibot, ArkType: any Standard Schema. */
  readonly schemas?: Schemas;
  /** Unix time in ms. Default `Date.now`. */
  readonly clock?: () => number;
  /** One line per delivery, without payload or secret. Default: silent. */
  readonly logger?: Logger;
  /** Traces and metrics: `createTelemetry()` of `@showpad-webhooks/otel`, or your own. Default: none. */
  readonly telemetry?: Telemetry;
  /**
   * Lets the hint of a `SIGNATURE_MISMATCH` say which of the usual mistakes it is, by signing the delivery anew as
   * each would have. A forger could make you pay for that. Default: only where `NODE_ENV` is `development`.
   */
  readonly explainMismatches?: boolean;
}

/** The options, checked, with every default filled in. */
export interface Settings {
  readonly name: string;
  readonly keyring: Keyring;
  readonly toleranceSeconds: number;
  readonly maxBodyBytes: number;
  readonly methods: readonly string[];
  readonly handlerTimeoutMs: number;
  readonly ledger: Ledger;
  readonly inbox: Inbox | undefined;
  readonly schemas: ReadonlyMap<string, StandardSchemaV1>;
  readonly clock: () => number;
  readonly logger: Logger;
  readonly telemetry: Telemetry | undefined;
  readonly explainMismatches: boolean;
}

const MEBIBYTE = 1024 * 1024;
const KNOWN_OPTIONS: Record<keyof ReceiverOptions<EventMap, EventSchemas>, true> = {
  name: true,
  keys: true,
  on: true,
  toleranceSeconds: true,
  maxBodyBytes: true,
  methods: true,
  handlerTimeoutMs: true,
  ledger: true,
  inbox: true,
  schemas: true,
  clock: true,
  logger: true,
  telemetry: true,
  explainMismatches: true,
};

/** @throws TypeError that names the option, the rule and the mend. */
export function readOptions(options: ReceiverOptions<never, EventSchemas>): Settings {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('options must be an object with at least { keys }.');
  }
  for (const option of Object.keys(options)) {
    if (!Object.hasOwn(KNOWN_OPTIONS, option)) {
      throw new TypeError(`unknown option "${option}". Known: ${Object.keys(KNOWN_OPTIONS).join(', ')}.`);
    }
  }
  const { name = 'default', toleranceSeconds = DEFAULT_TOLERANCE_SECONDS, maxBodyBytes = MEBIBYTE } = options;
  const { methods = ['POST'], inbox, ledger, schemas = {}, telemetry } = options;
  const { handlerTimeoutMs = inbox ? 60_000 : 10_000 } = options;
  if (!/^[\w.-]{1,64}$/.test(name)) {
    throw new TypeError('name must be 1 to 64 letters, digits and any of . _ -');
  }
  checkAboveZero({ toleranceSeconds, maxBodyBytes, handlerTimeoutMs });
  if (!Array.isArray(methods) || methods.length === 0 || methods.some((m) => m !== 'POST' && m !== 'GET')) {
    throw new TypeError("methods must be ['POST'], ['GET'] or ['POST', 'GET'].");
  }
  if (inbox && inbox.name !== name) {
    throw new TypeError(`an inbox "${inbox.name}" for a receiver "${name}": give both one name.`);
  }
  if (inbox && ledger) throw new TypeError('pass a ledger or an inbox, not both.');
  for (const [type, schema] of Object.entries(schemas)) {
    if (typeof schema?.['~standard']?.validate !== 'function') {
      throw new TypeError(`schemas["${type}"] is no Standard Schema (standardschema.dev)`);
    }
  }
  return {
    name,
    keyring: createKeyring(options.keys),
    toleranceSeconds,
    maxBodyBytes,
    methods,
    handlerTimeoutMs,
    inbox,
    ledger: ledger === false ? noLedger : (ledger ?? createMemoryLedger()),
    schemas: new Map(Object.entries(schemas)),
    clock: options.clock ?? Date.now,
    logger: options.logger ?? silentLogger,
    telemetry,
    explainMismatches: options.explainMismatches ?? process.env.NODE_ENV === 'development',
  };
}
