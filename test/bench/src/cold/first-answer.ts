import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { format2Event } from '../../../aws-lambda/events.ts';
import { startRuntime } from '../../../runtimes/src/start-runtime.ts';
import { PATH } from '../http/load.ts';
import { KEY } from '../peers.ts';
import type { Incoming } from '../receivers.ts';

/** What a new process answers to its first delivery, and how long after its start. */
interface FirstAnswer {
  readonly status: number;
  readonly ms: number;
}

/** @param code the bundle of a program. */
export type AskNewProcess = (code: string, delivery: Incoming) => Promise<FirstAnswer>;

const RUN_LAMBDA = fileURLToPath(new URL('run-lambda.mjs', import.meta.url));

/** Starts Node, which loads a function and calls it. */
export const askNewFunction: AskNewProcess = async (code, { headers, body }) => {
  const folder = mkdtempSync(join(tmpdir(), 'showpad-cold-'));
  try {
    const [file, eventFile] = [join(folder, 'handler.mjs'), join(folder, 'event.json')];
    writeFileSync(file, code);
    const sent = Object.entries({ 'content-type': 'application/json', ...headers });
    const event = { method: 'POST', path: PATH, query: '', headers: sent, body, isBase64Encoded: true };
    writeFileSync(eventFile, JSON.stringify(format2Event(event)));
    const env = { ...process.env, KEY };
    const { stdout } = await promisify(execFile)(process.execPath, [RUN_LAMBDA, file, eventFile], { env });
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** Starts workerd with a Worker, and sends it a request. */
export const askNewWorker: AskNewProcess = async (code, { headers, body }) => {
  const startedMs = performance.now();
  const { urls, close } = await startRuntime('workerd', { code, servers: 1, env: { KEY } });
  try {
    const response = await fetch(`${urls[0]}${PATH}`, { method: 'POST', headers, body });
    await response.text();
    return { status: response.status, ms: performance.now() - startedMs };
  } finally {
    await close();
  }
};
