// One candidate in a process of its own. It answers what the attacker asks about its costs.
import type { AddressInfo, Socket } from 'node:net';
import { exposeGarbageCollector } from '../garbage.ts';
import { type Candidate, createCandidate } from './candidates.ts';
import type { Answer, Question } from './subject.ts';

const [name, keyCount] = process.argv.slice(2);
const collectGarbage = exposeGarbageCollector();

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
  return { cpuMs: (user + system) / 1_000, usedBytes: heapUsed + external, readBytes };
}

// The attacker may have been stopped.
process.on('disconnect', () => process.exit());
process.on('message', async (question: Question) => process.send?.(await answer(question)));
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
