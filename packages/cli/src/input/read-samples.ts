import { type Emulator, EmulatorProblem, type EmulatorSample } from '@showpad-webhooks/emulator';
import { usageError } from '../cli-error.ts';
import type { Io } from '../terminal/io.ts';
import { readJson } from './read-input.ts';

/** Reads the events of `--sample`: each argument is a file, with one event or a list of events. */
export async function readSampleFiles(
  files: readonly string[] | undefined,
  io: Io,
): Promise<readonly unknown[]> {
  const found: unknown[] = []; // These are events, and lists of events.
  for (const file of files ?? []) {
    const path = file === '-' || file.startsWith('@') ? file : `@${file}`;
    found.push(await readJson(path, '--sample', io));
  }
  return found.flat();
}

/** The emulator checks what is in them. */
export async function addSamples(emulator: Emulator, samples: readonly unknown[]): Promise<void> {
  for (const sample of samples) {
    try {
      await emulator.samples.add(sample as EmulatorSample);
    } catch (error) {
      if (!EmulatorProblem.isInstance(error)) throw error;
      throw usageError(
        `A --sample is not an event: ${error.message}`,
        'Copy it from "Sample Body" in Showpad.',
      );
    }
  }
}
