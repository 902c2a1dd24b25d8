/** What a script can learn from the exit code. */
export const EXIT = { ok: 0, failed: 1, usage: 2, auth: 3, notDelivered: 4 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
