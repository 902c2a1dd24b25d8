import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError, usageError } from '../cli-error.ts';
import type { Io } from './io.ts';

/** Lets the user change a text in their editor. Resolves to what they saved. */
export async function edit(text: Buffer, { env }: Io): Promise<Buffer> {
  const editor = env.VISUAL || env.EDITOR;
  if (!editor) {
    throw usageError(
      '--edit does not know your editor.',
      'Set EDITOR, for example to "vi" or "code --wait".',
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'showpad-webhooks-'));
  try {
    const file = join(folder, 'event.json');
    await writeFile(file, text, { mode: 0o600 });
    // The shell runs it, because an editor can have flags of its own.
    const child = spawn(`${editor} "${file}"`, { shell: true, stdio: 'inherit', env: { ...env } });
    const exitCode = await new Promise((resolve, reject) => {
      child.once('error', reject).once('exit', resolve);
    });
    if (exitCode !== 0) throw new CliError('The editor failed, so nothing was sent.');
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}
