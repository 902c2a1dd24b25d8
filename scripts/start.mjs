// npm start [-- --keep]: runs examples/express and sends it deliveries. With --keep it goes on running.
import { runExample, setUp } from './pnpm.mjs';

setUp();
runExample('express', 'demo.ts', ...process.argv.slice(2));
