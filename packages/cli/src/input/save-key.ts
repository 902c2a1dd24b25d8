import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreatedSubscription } from '@showpad-webhooks/client';
import { CliError, usageError } from '../cli-error.ts';
import { writePrivateFile } from './private-file.ts';

/**
 * Returns a function that keeps a new signature key in a file of the folder, `<subscription id>.key`, for
 * `--key @…`. It tries the folder first, because Showpad shows a key only once.
 *
 * @param name the flag's name, for errors
 */
export async function createKeyFolder(
  folder: string,
  name: string,
): Promise<(created: CreatedSubscription) => Promise<string>> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw usageError(
      `${name}: no file can be written to "${folder}" (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
  return async ({ subscription, signatureKey }) => {
    const file = join(folder, `${subscription.id.replace(/[^\w-]/g, '_')}.key`);
    await writePrivateFile(file, `${signatureKey}\n`).catch((error: Error) => {
      throw new CliError(
        `The key of "${subscription.name}" could not be saved (${error.message}).`,
        `Showpad does not show it again. Run "subscriptions delete ${subscription.id}", and create the subscription again.`,
      );
    });
    return file;
  };
}
