// Runs one task and sends its result to the parent process. child.ts starts it.
import { countAllocations } from './groups/allocations.ts';
import { weighLedger } from './groups/ledger.ts';

const TASKS: Readonly<Record<string, (...args: never[]) => unknown>> = {
  allocations: countAllocations,
  ledger: weighLedger,
};

const [name = '', args = '[]'] = process.argv.slice(2);
const task = TASKS[name];
if (!task) throw new Error(`There is no task "${name}".`);
process.send?.(await task(...(JSON.parse(args) as never[])));
process.disconnect();
