// pnpm start runs the emulator and an app that receives from it. The app's CRM is down at the first call.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createEmulator } from '@showpad-webhooks/emulator';
import { createApp } from './app.ts';

const envFile = fileURLToPath(new URL('.env', import.meta.url));
let failures = 1;
const app = createApp({
  envFile,
  addContact: async (email) => {
    if (failures-- > 0) throw new Error('The CRM is down.');
    console.log(`CRM: added ${email}`);
  },
  log: (line) => console.log(line),
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const emulator = await createEmulator({ port: Number(process.env.EMULATOR_PORT ?? 4000) });

process.once('SIGINT', async () => {
  server.close();
  await emulator.close();
});

console.log(`1. Open ${emulator.url}`);
console.log(
  `2. Press + next to shared-space-user-added, and enter the URL http://127.0.0.1:${port}/webhooks/showpad`,
);
console.log(`3. Paste the line that it shows into ${envFile}`);
console.log('4. Press "Send it an event", and see in Responses how it is retried and handled once');
