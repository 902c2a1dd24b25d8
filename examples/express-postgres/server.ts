// pnpm start runs the app on PORT with the Postgres of DATABASE_URL. Set SHOWPAD_SIGNATURE_KEY to the key that Showpad showed.
// Without one it makes up a key, and sends itself the same sample twice.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { sampleEvent, signedDelivery } from '@showpad-webhooks/express/testing';
import pg from 'pg';
import { createApp, createTables } from './app.ts';

const isDemo = process.env.SHOWPAD_SIGNATURE_KEY === undefined;
const signatureKey = process.env.SHOWPAD_SIGNATURE_KEY ?? randomUUID();
const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres',
  max: 12,
});
pool.on('error', (error) => console.log(`A connection to Postgres broke: ${error.message}`));
await createTables(pool);
const { app, receiver } = createApp({ pool, signatureKey, log: (line) => console.log(line) });

await receiver.start(); // It begins with the events that were stored before.
const server = app.listen(Number(process.env.PORT ?? 3000));
await once(server, 'listening');
const url = `http://localhost:${(server.address() as AddressInfo).port}/webhooks/showpad`;
console.log(`Receiving at ${url}`);

// On a deploy, accept no new connections, let running handlers end, and then close the pool, which belongs to the app.
process.once('SIGTERM', async () => {
  server.close();
  await receiver.close();
  await pool.end();
});

if (isDemo) {
  const event = { ...sampleEvent('shared-space-user-added'), id: randomUUID() };
  for (let count = 0; count < 2; count++) {
    const { method, headers, body } = signedDelivery(event, { key: signatureKey });
    const response = await fetch(url, { method, headers, body: new Uint8Array(body) });
    console.log(`A sample delivery was answered ${response.status} ${await response.text()}`);
  }
  const { rows } = await pool.query('SELECT count(*)::integer AS count FROM contacts');
  console.log(`Contacts: ${rows[0].count}`);
}
