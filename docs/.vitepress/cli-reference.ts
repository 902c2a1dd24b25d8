import { mkdirSync, writeFileSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { createProgram } from '../../packages/cli/src/program.ts';
import { GENERATED } from './paths.ts';

type Command = ReturnType<typeof createProgram>['program'];

/** Writes the `--help` of every command into a file, which the page about the command line includes. */
export function writeCliReference(): void {
  let written = '';
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      written += chunk;
      done();
    },
  });
  const { signal } = new AbortController();
  const { program } = createProgram({ stdin: Readable.from([]), stdout, stderr: stdout, env: {}, signal });

  function helpOf(command: Command): string {
    written = '';
    command.configureHelp({ showGlobalOptions: false }); // The first help lists them once for all commands.
    command.outputHelp();
    return written.trim();
  }

  function sections(command: Command, path: string, depth: number): string[] {
    const heading = `${'#'.repeat(depth)} ${path}`;
    const own = `${heading}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`;
    return [own, ...command.commands.flatMap((each) => sections(each, `${path} ${each.name()}`, depth + 1))];
  }

  mkdirSync(GENERATED, { recursive: true });
  const text = program.commands.flatMap((each) => sections(each, each.name(), 3)).join('\n');
  writeFileSync(`${GENERATED}cli-reference.md`, `\`\`\`text\n${helpOf(program)}\n\`\`\`\n\n${text}`);
}
