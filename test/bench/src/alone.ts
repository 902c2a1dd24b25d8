import { countAllocations } from './groups/allocations.ts';
import { weighLedger } from './groups/ledger.ts';

const TASKS: Readonly<Record<string, (...args: never[]) => unknown>> = {
  allocations: countAllocations,
  ledger: weighLedger,
};

const [task = '', args = '[]'] = process.argv.slice(2);
process.send?.(await TASKS[task]?.(...(JSON.parse(args) as never[])));
process.disconnect();
