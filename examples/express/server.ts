// pnpm start runs the app on PORT. Set SHOWPAD_SIGNATURE_KEY to the key that Showpad showed.
import { createApp } from './app.ts';

const app = createApp({
  signatureKey: process.env.SHOWPAD_SIGNATURE_KEY ?? '',
  crm: {
    addContact: async (email, sharedSpace) => console.log(`CRM: contact ${email}, of "${sharedSpace}"`),
    openDeal: async (sharedSpace) => console.log(`CRM: deal for "${sharedSpace}"`),
  },
  warn: (message) => console.warn(message),
});

const port = Number(process.env.PORT ?? 3000);
const server = app.listen(port, (error) => {
  if (error) throw error;
  console.log(`Receiving at http://localhost:${port}/webhooks/showpad`);
});

// On a deploy, accept no new connections and let running deliveries end.
process.once('SIGTERM', () => server.close());
