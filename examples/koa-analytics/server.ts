// pnpm start runs the app on PORT and counts in ANALYTICS_FILE. Set SHOWPAD_SIGNATURE_KEY to the key that Showpad showed.
// Without a key it runs a demo with an emulated Showpad, which needs nothing else and ends.
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
    console.log(`Receiving at http://localhost:${port}/webhooks/showpad, and showing the counts at /stats`);
  });

  // On a deploy, accept no new connections and let running deliveries end.
  process.once('SIGTERM', async () => {
    server.close();
    await receiver.close();
    analytics.close();
  });
}
