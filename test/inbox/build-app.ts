import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const RUNTIME = fileURLToPath(new URL('deployed-app.ts', import.meta.url));
/** From here the bundle finds the driver that is installed for this folder, and no other tool looks at it. */
const FOLDER = fileURLToPath(new URL('node_modules/', import.meta.url));

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
  const folder = mkdtempSync(join(FOLDER, '.built-app-'));
  const source = join(folder, 'app.ts');
  const bundled = join(folder, 'app.mjs');
  writeFileSync(
    source,
    `import { addToCrm, run, sendMail } from ${JSON.stringify(RUNTIME)};
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
