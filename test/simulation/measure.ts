// pnpm --dir test/simulation measure [--quick] [--json FILE]
// Measures what the capacity model needs: the steps of an event, each alone, and how many bytes an event takes in each store. Then it
// measures whole apps, which the model is compared with. All take turns, so that whatever slows the machine slows all of them.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { ENGINES } from '@showpad-webhooks/inbox-tests';
import { RECORDED_COSTS, type RecordedCosts } from './src/capacity/recorded.ts';
import { startApi } from './src/measure/handler.ts';
import { type InboxStep, startInbox } from './src/measure/inbox-step.ts';
import { startApps } from './src/measure/over-http.ts';
import { measureStoredBytes, type StoredBytes } from './src/measure/stored-bytes.ts';
import { createTurn, type Turn } from './src/measure/turns.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, json: { type: 'string' } } });
const [rounds, events, storedEvents] = values.quick ? [2, 160, 640] : [9, 400, 1_600];
const bodyBytes = 600;
const pace = { events, bodyBytes };

const bytes: StoredBytes[] = [];
for (const engine of ENGINES) {
  bytes.push(await measureStoredBytes(engine, storedEvents, bodyBytes));
  console.error(`What an event takes in ${engine} is measured.`);
}

const opened: { close(): Promise<void> }[] = [];
async function open<Opened extends { close(): Promise<void> }>(opening: Promise<Opened>): Promise<Opened> {
  const it = await opening;
  opened.push(it);
  return it;
}

const api = await open(startApi());
const handler = createTurn(() => api.measure(events));
const withoutStore = await open(startApps(1));
const overHttp = [8, 16, 32].map((connections) => createTurn(() => withoutStore.measure(connections, pace)));
const steps: Turn<InboxStep>[] = [];
for (const engine of ENGINES) {
  const inbox = await open(startInbox(engine));
  const one = await open(startApps(1, engine));
  const two = await open(startApps(2, engine));
  for (const concurrency of [1, 8, 16, 32]) steps.push(createTurn(() => inbox.measure(concurrency, pace)));
  for (const connections of [8, 32]) overHttp.push(createTurn(() => one.measure(connections, pace)));
  overHttp.push(createTurn(() => two.measure(32, pace)));
  console.error(`The apps with ${engine} are started.`);
}

const turns = [handler, ...overHttp, ...steps];
for (const turn of turns) await turn.warmUp();
for (let round = 1; round <= rounds; round++) {
  for (const turn of turns) await turn.measure();
  const costs: RecordedCosts = {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    cpus: cpus().length,
    cpuModel: cpus()[0]?.model.trim() ?? '',
    bodyBytes,
    handlerMicros: handler.result().handlerMicros,
    bytes,
    steps: steps.map((turn) => turn.result()),
    overHttp: overHttp.map((turn) => turn.result()),
  };
  writeFileSync(values.json ?? RECORDED_COSTS, `${JSON.stringify(costs, null, 2)}\n`);
  console.error(`Round ${round} of ${rounds} is over.`);
}
for (const each of opened) await each.close();
process.exit();
