// One candidate in a process of its own. It answers what the attacker asks about its costs.
import type { AddressInfo, Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { exposeGarbageCollector } from '../garbage.ts';
import { type Candidate, createCandidate } from './candidates.ts';
import type { Answer, Question } from './subject.ts';

const [name, keyCount] = process.argv.slice(2);
const collectGarbage = exposeGarbageCollector();

/** How often the event loop is looked at. */
const RESOLUTION_MS = 1;
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delays.enable();

const open = new Set<Socket>();
let closedBytes = 0;
const server = createCandidate(name as Candidate, Number(keyCount));
server.on('connection', (socket) => {
  open.add(socket);
  socket.on('close', () => {
    open.delete(socket);
    closedBytes += socket.bytesRead;
  });
});

async function answer({ collects = false }: Question): Promise<Answer> {
  for (let turn = 0; collects && turn < 5; turn++) {
    await new Promise(setImmediate);
    collectGarbage();
  }
  const { user, system } = process.cpuUsage();
  const { heapUsed, external } = process.memoryUsage();
  const readBytes = [...open].reduce((sum, { bytesRead }) => sum + bytesRead, closedBytes);
  const blockedMs = Math.max(0, delays.max / 1e6 - RESOLUTION_MS);
  delays.reset();
  return { cpuMs: (user + system) / 1_000, usedBytes: heapUsed + external, readBytes, blockedMs };
}

// The attacker may have been stopped.
process.on('disconnect', () => process.exit());
process.on('message', async (question: Question) => process.send?.(await answer(question)));
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
