// pnpm --dir test/hostile load [--seconds 30] [--senders 1000] [--seed 1]
// Senders mix good, duplicate, forged, aborted and slow deliveries while handlers fail at random. It exits with 1 if an event
// was handled twice, or was answered 2xx and not handled, or if a failure was not answered 5xx, or if memory was not freed.
import { parseArgs } from 'node:util';
import { runLoad } from './src/load.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    senders: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
  },
});
const report = await runLoad({
  seconds: Number(values.seconds),
  senders: Number(values.senders),
  seed: Number(values.seed),
});
console.log(JSON.stringify(report, null, 2));
process.exitCode = report.faults.length === 0 ? 0 : 1;
