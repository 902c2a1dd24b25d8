// pnpm start: the app on PORT, with the key that Showpad showed in SHOWPAD_SIGNATURE_KEY, counting in ANALYTICS_FILE.
// Without a key: a demo, with an emulated Showpad, that needs nothing and ends.
import type { AddressInfo } from 'node:net';
import { openAnalytics } from './analytics.ts';
import { createApp } from './app.ts';

const { SHOWPAD_SIGNATURE_KEY: signatureKey, PORT = '3000', ANALYTICS_FILE = 'analytics.db' } = process.env;

if (signatureKey === undefined) {
  const { runDemo } = await import('./demo.ts');
  await runDemo();
} else {
  serve(signatureKey);
}

function serve(signatureKey: string): void {
  const analytics = openAnalytics(ANALYTICS_FILE);
  const { app, receiver } = createApp({ analytics, signatureKey, log: (line) => console.log(line) });
  const server = app.listen(Number(PORT), () => {
    const { port } = server.address() as AddressInfo;
    console.log(`Receiving at http://localhost:${port}/webhooks/showpad, and counting at /stats`);
  });

  // On a deploy: take no new connection, and let the deliveries that run come to their end.
  process.once('SIGTERM', async () => {
    server.close();
    await receiver.close();
    analytics.close();
  });
}
