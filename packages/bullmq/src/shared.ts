import { hash } from 'node:crypto';

const DEADLINE_MS = 2_500;
/** Node fires a timer at once if it is set for longer than this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** SHA-256 of an id of any length and any characters. Its UTF-16 code units are hashed: UTF-8 would make all lone surrogates equal. */
export function hashText(text: string): Buffer {
  return hash('sha256', Buffer.from(text, 'utf16le'), 'buffer');
}

/** @throws TypeError that names the option. */
export function checkAboveZero(options: Readonly<Record<string, number>>): void {
  for (const [option, value] of Object.entries(options)) {
    if (Number.isFinite(value) && value > 0) continue;
    throw new TypeError(`The option "${option}" must be a number above 0, not ${value}.`);
  }
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Waits for the server no longer than `deadlineMs`, and rejects after that. */
export async function withDeadline<T>(promise: Promise<T>, deadlineMs: number = DEADLINE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new Error(`The server did not answer within ${deadlineMs} ms.`));
    timer = setTimeout(giveUp, Math.min(deadlineMs, LONGEST_TIMER_MS));
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
