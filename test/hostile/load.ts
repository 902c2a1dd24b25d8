// pnpm --dir test/hostile load [--seconds 30] [--senders 1000] [--seed 1]
// Senders mix good, duplicate, forged, aborted and slow deliveries while handlers fail at random. Exits with 1
// where an event was handled twice or answered 2xx and not handled, a failure was answered other than 5xx, or
// memory did not come back.
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
