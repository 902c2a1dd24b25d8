import { BODIES } from './catalogue/body.ts';
import { ENVELOPES } from './catalogue/envelope.ts';
import { SIGNATURES } from './catalogue/signature.ts';
import { TIMESTAMPS } from './catalogue/timestamp.ts';
import type { HostileDelivery } from './entry.ts';

/** Every delivery that is hostile by its headers or its body. */
export const DELIVERIES: readonly HostileDelivery[] = [...SIGNATURES, ...TIMESTAMPS, ...BODIES, ...ENVELOPES];
