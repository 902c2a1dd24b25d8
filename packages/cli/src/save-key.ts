import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreatedSubscription } from '@showpad-webhooks/client';
import { usageError } from './cli-error.ts';
import { writePrivateFile } from './private-file.ts';

/**
 * Keeps each new signature key in a file of the folder, `<subscription id>.key`, for `--key @…`.
 * The folder is tried before anything is created: Showpad shows a key only once.
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
      `${name}: no file can be made in "${folder}" (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
  return async ({ subscription, signatureKey }) => {
    const file = join(folder, `${subscription.id.replace(/[^\w-]/g, '_')}.key`);
    await writePrivateFile(file, `${signatureKey}\n`);
    return file;
  };
}
