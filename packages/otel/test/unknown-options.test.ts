import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { createTelemetry, observeInbox } from '@showpad-webhooks/otel';
import { expect, test } from 'vitest';

test.each<[string, (misspelt: object) => unknown, string]>([
  ['createTelemetry', (misspelt) => createTelemetry(misspelt), 'tracerProvider, meterProvider'],
  ['observeInbox', (misspelt) => observeInbox(createMemoryInbox(), misspelt), 'meterProvider'],
])('%s names an option that it does not know, and lists the others', (_, call, known) => {
  expect(() => call({ meter: {} })).toThrow(
    new TypeError(`"meter" is not an option. The options are: ${known}.`),
  );
});
