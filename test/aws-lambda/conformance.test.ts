import { defineAdapterSuite, FIDELITY_CASES } from '@showpad-webhooks/conformance';
import { GATEWAYS } from './gateways.ts';

/** They are no text, so a gateway that makes a text of every body destroys them. */
const LOST = ['bytes that are not UTF-8, in a string', 'UTF-16', 'every possible byte'];
const kept = FIDELITY_CASES.map(({ name }) => name).filter((name) => !LOST.includes(name));

for (const [name, createServer] of Object.entries(GATEWAYS)) {
  defineAdapterSuite(`Lambda behind ${name}`, createServer, { behindParser: { kept }, isBuffered: true });
}
