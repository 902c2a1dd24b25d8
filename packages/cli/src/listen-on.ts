import type { Server } from 'node:http';
import { CliError } from './cli-error.ts';

/** Resolves once the server listens. */
export function listenOn(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(portError(error, port)));
    server.listen(port, host, resolve);
  });
}

/** An error of listening that says which flag to pass; any other as it is. */
export function portError(error: unknown, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return new CliError(`port ${port} is in use.`, 'Pass another by --port, or --port 0 for any free one.');
  }
  return code === 'EACCES'
    ? new CliError(`port ${port} may not be listened on.`, 'Choose one from 1024.')
    : error;
}
