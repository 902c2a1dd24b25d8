import type { Server } from 'node:http';
import { CliError } from '../cli-error.ts';

/** Resolves when the server listens. */
export function listenOn(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(portError(error, port)));
    server.listen(port, host, resolve);
  });
}

/** Turns an error about the port into one that says what to pass. Returns any other error as it is. */
export function portError(error: unknown, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return new CliError(
      `Port ${port} is in use.`,
      'Pass another one with --port, or --port 0 for any free one.',
    );
  }
  if (code === 'EACCES') {
    return new CliError(
      `You are not allowed to listen on port ${port}.`,
      'Pass a port from 1024 with --port.',
    );
  }
  return error;
}
