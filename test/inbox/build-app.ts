import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

export interface BuiltApp {
  /** Runs the app in a process of its own. Resolves to the lines that it printed, after it has ended. */
  readonly run: (file: string, task: 'receive' | 'finish') => Promise<readonly string[]>;
  readonly remove: () => void;
}

/**
 * Builds an app into one file, as for a deploy: bundled and minified.
 *
 * @param registration the code that registers its handlers. It knows `receiver`, `type`, and the handlers `addToCrm` and `sendMail`.
 */
export async function buildApp(registration: string): Promise<BuiltApp> {
  // It has to be in this folder, because the bundle imports a driver that is installed here.
  const folder = mkdtempSync(join(FOLDER, '.build-'));
  const source = join(folder, 'app.ts');
  const bundled = join(folder, 'app.mjs');
  writeFileSync(
    source,
    `import { addToCrm, run, sendMail } from '../deployed-app.ts';
    void run((receiver, type) => { ${registration} }).catch((error) => console.log('ended: ' + error.message));`,
  );
  const bundle = await rolldown({
    input: source,
    platform: 'node',
    external: /^(?!\.|\/|@showpad-webhooks\/)/,
    resolve: { conditionNames: ['@showpad-webhooks/source', 'import', 'node'] },
  });
  await bundle.write({ file: bundled, format: 'esm', minify: true, codeSplitting: false });
  return {
    run: (file, task) =>
      new Promise((resolve, reject) => {
        execFile(process.execPath, [bundled, file, task], (error, stdout, stderr) => {
          if (error) reject(new Error(`The app ended badly: ${stderr}`, { cause: error }));
          else resolve(stdout.trim().split('\n'));
        });
      }),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
