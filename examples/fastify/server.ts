// pnpm start runs the app on PORT. Set SHOWPAD_SIGNATURE_KEY to the key that Showpad showed.
import { buildApp } from './app.ts';

const app = buildApp({ keys: process.env.SHOWPAD_SIGNATURE_KEY ?? '' });
await app.listen({ port: Number(process.env.PORT ?? 3000) });
process.once('SIGTERM', () => app.close()); // It also waits for deliveries that are being handled.
