import 'reflect-metadata';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, Server } from 'node:net';
import { dirname, join } from 'node:path';
import { formatWithOptions } from 'node:util';
import { createEmulator } from '@showpad-webhooks/emulator';
import { afterAll, afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { documents, GENERATED, ROOT, writeSnippets } from './snippets.ts';

const snippets = writeSnippets();

describe('snippets', () => {
  test('are found in READMEs, in pages and in examples of the code', () => {
    const paths = snippets.map(({ document }) => document);
    for (const path of [
      'README.md',
      'packages/core/README.md',
      'packages/nestjs/README.md',
      'packages/core/src/create-receiver.ts',
      'docs/quick-start.md',
    ]) {
      expect(paths).toContain(path);
    }
    expect(snippets.length).toBeGreaterThan(30);
    expect(snippets.flatMap(({ expected }) => expected).length).toBeGreaterThan(8);
    expect(snippets.filter(({ isServer }) => isServer).length).toBeGreaterThan(3);
  });

  test('compile', () => {
    const types = ['node', 'vitest/globals'];
    const compilerOptions = { isolatedDeclarations: false, declaration: false, types };
    const config = { extends: '../../../tsconfig.base.json', compilerOptions, include: ['*.ts'] };
    writeFileSync(`${GENERATED}tsconfig.json`, JSON.stringify(config));
    const { status, stdout } = spawnSync(`${ROOT}node_modules/.bin/tsc`, ['-p', GENERATED], {
      cwd: GENERATED,
      encoding: 'utf8',
    });
    // An error names the line of the document instead of the line of the generated file.
    const errors = stdout.replace(/^(\S+)\((\d+),\d+\)/gm, (position, file, line) => {
      const snippet = snippets.find((each) => each.file === GENERATED + file);
      return snippet ? `${snippet.document}:${snippet.line + Number(line) - 1}` : position;
    });
    expect(errors).toBe('');
    expect(status).toBe(0);
  });

  describe('run, print what their comments say, and answer a delivery if they listen', () => {
    const key = 'a-signature-key';
    const printed: string[] = [];
    const listeners = process.listeners('SIGTERM');
    let listen: MockInstance<Server['listen']>;
    const servers = () => listen.mock.contexts as Server[];
    afterAll(() => process.chdir(ROOT));
    beforeEach(() => {
      // Snippets may create files. Each has a folder of its own, which the next run deletes.
      process.chdir(mkdtempSync(`${GENERATED}run-`));
      printed.length = 0;
      vi.stubEnv('SHOWPAD_SIGNATURE_KEY', key);
      listen = vi.spyOn(Server.prototype, 'listen');
      for (const method of ['log', 'info', 'warn', 'error'] as const) {
        vi.spyOn(console, method).mockImplementation((...args: unknown[]) => {
          // The comment that it is compared to is one line.
          if (method === 'log')
            printed.push(formatWithOptions({ colors: false, breakLength: Infinity }, ...(args as [unknown])));
        });
      }
    });
    afterEach(async () => {
      for (const server of servers()) server.close();
      // A deploy sends SIGTERM. The snippet then closes what it opened.
      for (const listener of process.listeners('SIGTERM').filter((each) => !listeners.includes(each))) {
        process.off('SIGTERM', listener);
        await listener('SIGTERM');
      }
      vi.unstubAllEnvs();
      vi.unstubAllGlobals();
      vi.restoreAllMocks();
    });

    test.each(snippets.map((each) => [`${each.document}:${each.line}`, each] as const))(
      '%s',
      async (_title, { file, code, expected, isServer, isTest }) => {
        const tests: (() => unknown)[] = [];
        vi.stubGlobal('it', (_name: string, run: () => unknown) => void tests.push(run));
        vi.stubGlobal('expect', expect);
        await import(file);
        expect(tests.length > 0).toBe(isTest);
        for (const run of tests) await run();
        expect(printed.filter((line) => expected.includes(line))).toEqual(expected);
        if (isServer) expect(await deliver(servers()[0])).toBe(/\binbox[:,]/.test(code) ? 202 : 200);
      },
    );

    /** Sends a delivery as Showpad would, and resolves to the status of the response. */
    async function deliver(server: Server | undefined): Promise<number | undefined> {
      if (!server) throw new Error('The snippet did not listen.');
      if (!server.listening) await once(server, 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/showpad`;
      const type = 'shared-space-user-added';
      await using emulator = await createEmulator();
      await emulator.subscriptions.create({ name: 'snippet', types: [type], url, signatureKey: key });
      await emulator.trigger(type);
      return (await emulator.waitForDelivery()).response?.status;
    }
  });
});

describe('links', () => {
  const LINK = /\[[^[\]]*\]\((?<target>[^)\s]+)\)/g;
  const links = documents().flatMap((document) => {
    const text = readFileSync(ROOT + document, 'utf8');
    return [...text.matchAll(LINK)].map((match) => ({ document, target: match.groups?.target ?? '' }));
  });
  // What begins with a slash is a file that the build of the site writes, and that build checks it.
  const local = links.filter(({ target }) => !/^(?:[a-z]+:|\/)/.test(target));

  test('are found', () => {
    expect(local.length).toBeGreaterThan(5);
  });

  test.each(local)('$document to $target', ({ document, target }) => {
    const [path = '', heading] = target.split('#');
    const file = path === '' ? document : join(dirname(document), path);
    expect(existsSync(ROOT + file)).toBe(true);
    if (heading === undefined) return;
    const headings = readFileSync(ROOT + file, 'utf8').match(/^#+ .*$/gm) ?? [];
    const anchors = headings.map((line) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(anchors).toContain(heading);
  });
});
