// pnpm start runs the app on PORT. Set SHOWPAD_SIGNATURE_KEY to the key that Showpad showed, and CRM_URL and CRM_TOKEN.
// Without a key it runs a demo with an emulated Showpad and a fake CRM, which needs nothing else and ends.
import { appendFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createApp } from './app.ts';
import { createCrm } from './crm.ts';

const { SHOWPAD_SIGNATURE_KEY: signatureKey, CRM_URL: url = '', CRM_TOKEN: token = '' } = process.env;
const { PORT = '3000', DEAD_LETTERS: deadLetters = 'dead-letters.ndjson' } = process.env;

if (signatureKey === undefined) {
  const { runDemo } = await import('./demo.ts');
  await runDemo();
} else {
  serve(signatureKey);
}

function serve(signatureKey: string): void {
  const { app, receiver } = createApp({
    crm: createCrm({ url, token }),
    signatureKey,
    // `npx @showpad-webhooks/cli replay` sends what is kept like this again.
    keep: async ({ reason, event, headers, rawBody }) => {
      const letter = { reason, id: event?.id, headers, body: Buffer.from(rawBody).toString('base64') };
      // The file contains personal data, so only this account can read it.
      await appendFile(deadLetters, `${JSON.stringify(letter)}\n`, { mode: 0o600 });
    },
    log: (line) => console.log(line),
  });
  const server = app.listen(Number(PORT), (error) => {
    if (error) throw error;
    const { port } = server.address() as AddressInfo;
    console.log(`Receiving at http://localhost:${port}/webhooks/showpad`);
  });

  // On a deploy, accept no new connections and let running deliveries end.
  process.once('SIGTERM', () => {
    server.close();
    void receiver.close();
  });
}
