import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '@showpad-webhooks/servers';
import { afterAll, onTestFinished } from 'vitest';

const HERE = fileURLToPath(new URL('.', import.meta.url));
export const EXAMPLES: string = fileURLToPath(new URL('../../examples/', import.meta.url));
const NOT_COPIED = /\/(node_modules|build|dist|\.\w[\w-]*)(\/|$)/;

export interface AppSetup {
  /** The name of the example. */
  readonly example: string;
  /** The file of its route, and the name that it gets, so that the route of the suite can take its place and import it. */
  readonly route: readonly [path: string, renamedTo: string];
  /** The route of the suite, the other routes that it needs, and something that reads bodies first. */
  readonly files: Readonly<Record<string, string>>;
}

/** Copies an example, adds the files of the suite, builds it with its own command and without the key, and gives its folder. */
export async function buildApp({ example, route: [route, renamedTo], files }: AppSetup): Promise<string> {
  // What is built here uses the packages as they are published.
  if (!existsSync(`${EXAMPLES}../packages/fetch/dist`)) throw new Error('Run "pnpm build" before this test.');
  // The folder has to be in the workspace, because Next.js takes nothing from outside.
  const folder = mkdtempSync(join(HERE, '.app-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const source = join(EXAMPLES, example);
  cpSync(source, folder, { recursive: true, filter: (path) => !NOT_COPIED.test(path.slice(source.length)) });
  symlinkSync(join(source, 'node_modules'), join(folder, 'node_modules'));
  renameSync(join(folder, route), join(folder, renamedTo));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const build = launch('build', folder);
  if ((await build.ended) !== 0) throw new Error(`The build of ${example} failed:\n${build.output()}`);
  return folder;
}

/** Starts an app as its users do, in a process of its own. Resolves to its URL when it answers. It ends with the test. */
export async function startApp(
  folder: string,
  env: Readonly<Record<string, string>>,
  script = 'start',
): Promise<string> {
  const port = await freePort();
  const server = launch(script, folder, { ...env, PORT: String(port), HOST: '127.0.0.1' });
  onTestFinished(async () => {
    server.end();
    await server.ended;
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await isAnswering(url))) {
    if (server.hasEnded()) throw new Error(`The app in ${folder} ended:\n${server.output()}`);
    await delay(50);
  }
  return url;
}

function isAnswering(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

/** Runs a script of the app's package.json. */
function launch(script: string, cwd: string, env: Readonly<Record<string, string>> = {}) {
  const { scripts } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
  const child = spawn(scripts[script], {
    shell: true,
    cwd,
    detached: true, // It gets a process group, which ends as one.
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: `${join(cwd, 'node_modules/.bin')}${delimiter}${process.env.PATH}`,
      NEXT_TELEMETRY_DISABLED: '1',
      ASTRO_TELEMETRY_DISABLED: '1',
      ...env,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    ended: once(child, 'close').then(([code]) => code as number | null),
    hasEnded,
    output: () => output,
    end: () => {
      if (child.pid !== undefined && !hasEnded()) process.kill(-child.pid, 'SIGKILL');
    },
  };
}
