// node run-snippets.mjs FILE …: runs the first snippet of each README, delivers an event to it if it receives any, and
// prints as JSON which status it answered and what it printed.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { formatWithOptions } from 'node:util';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import anyPort from './any-port.cjs';

const results = {};
const { log } = console;
for (const file of process.argv.slice(2)) {
  const printed = [];
  console.log = (...args) => printed.push(formatWithOptions({ colors: false }, ...args));
  const imported = await import(pathToFileURL(resolve(file)).href);
  const module = imported.AppModule || imported.POST ? imported : (imported.default ?? imported);
  if (module.AppModule) await startNest(module.AppModule, file);
  const status = await deliver(module);
  // It is queued, and the handler runs soon.
  while (status === 202 && printed.length === 0) await setTimeout(10);
  results[file] = { status, printed };
}
console.log = log;
console.log(JSON.stringify(results));
process.exit();

/** Does what the main.ts of a Nest app does. */
async function startNest(AppModule, file) {
  const { NestFactory } = createRequire(resolve(file))('@nestjs/core');
  const app = await NestFactory.create(AppModule, { logger: ['warn', 'error'] });
  await app.listen(3000);
}

async function deliver({ POST }) {
  const { method, headers, body } = signedDelivery('shared-space-user-added', {
    key: process.env.SHOWPAD_SIGNATURE_KEY,
  });
  const init = { method, headers, body: new Uint8Array(body) };
  if (POST) return (await POST(new Request('http://127.0.0.1/webhooks/showpad', init))).status;
  const server = anyPort.servers.pop();
  // The emulator has closed its server already.
  if (!server || anyPort.servers.splice(0).length > 0) return null;
  if (!server.listening) await once(server, 'listening');
  const { port } = server.address();
  return (await fetch(`http://127.0.0.1:${port}/webhooks/showpad`, init)).status;
}
