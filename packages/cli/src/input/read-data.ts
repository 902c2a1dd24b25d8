import { usageError } from '../cli-error.ts';
import type { Io } from '../terminal/io.ts';
import { readJson } from './read-input.ts';

/**
 * Reads `--data`: a whole event, as Showpad's "Sample Body" shows it, or only the data of one. The id and the time of a
 * whole event are left out, because each event that is sent gets its own.
 */
export async function readData(argument: string, type: string, io: Io): Promise<Record<string, unknown>> {
  const given = await readJson(argument, '--data', io);
  if (!isObject(given) || !isObject(given.data) || typeof given.type !== 'string') return { data: given };
  const { id: _id, time: _time, ...event } = given;
  if (event.type !== type) {
    throw usageError(
      `--data is an event of the type "${event.type}", and not of "${type}".`,
      `Pass ${event.type} as the type, or only the data of the event.`,
    );
  }
  return event;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
