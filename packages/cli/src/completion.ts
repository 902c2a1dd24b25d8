import { EVENT_TYPES } from '@showpad-webhooks/core/testing';
import type { Command } from 'commander';

/** One command of the tree, as a shell completes it. */
interface Node {
  /** Its words: none for the program itself. */
  readonly path: readonly string[];
  readonly commands: readonly Word[];
  readonly flags: readonly Word[];
  /** What its first argument may well be. */
  readonly values: readonly string[];
}

interface Word {
  readonly text: string;
  readonly description: string;
}

const NAME = 'showpad-webhooks';
const TYPE_ARGUMENT = ['trigger', 'events show'];

export type Shell = 'bash' | 'zsh' | 'fish';

const SCRIPTS: Readonly<Record<Shell, (nodes: readonly Node[]) => string>> = { bash, zsh, fish };

export const SHELLS: readonly string[] = Object.keys(SCRIPTS);

/** The script by which a shell completes the command's words and flags. */
export function completionScript(shell: Shell, program: Command): string {
  return SCRIPTS[shell](nodesOf(program, [], flagsOf(program)));
}

function nodesOf(command: Command, path: readonly string[], globalFlags: readonly Word[]): readonly Node[] {
  const commands = command.commands.map((each) => ({
    text: each.name(),
    description: each.summary() || each.description(),
  }));
  const isProgram = path.length === 0;
  const values = TYPE_ARGUMENT.includes(path.join(' ')) ? EVENT_TYPES.map(({ type }) => type) : [];
  const flags = isProgram ? globalFlags : [...flagsOf(command), ...globalFlags];
  const node = { path, commands, flags, values };
  return [node, ...command.commands.flatMap((each) => nodesOf(each, [...path, each.name()], globalFlags))];
}

function flagsOf(command: Command): readonly Word[] {
  return command.options.flatMap(({ long, description }) => (long ? [{ text: long, description }] : []));
}

function wordsOf({ commands, flags, values }: Node): string {
  return [...values, ...[...commands, ...flags].map(({ text }) => text)].join(' ');
}

/** For bash and zsh: `at` becomes the words of the command that the line has reached, `candidates` its own. */
function walk(nodes: readonly Node[], line: string): string {
  const known = nodes.filter(({ path }) => path.length > 0).map(({ path }) => `"${path.join(' ')}"`);
  const cases = nodes.map((node) => `    "${node.path.join(' ')}") candidates="${wordsOf(node)}" ;;`);
  return `  local at="" candidates="" word
  for word in ${line}; do
    case "\${at:+$at }$word" in
      ${known.join('|')}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac`;
}

function bash(nodes: readonly Node[]): string {
  return `# source <(${NAME} completion bash)
_showpad_webhooks() {
${walk(nodes, `"\${COMP_WORDS[@]:1:COMP_CWORD-1}"`)}
  COMPREPLY=($(compgen -W "$candidates" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _showpad_webhooks ${NAME}
`;
}

function zsh(nodes: readonly Node[]): string {
  return `#compdef ${NAME}
# source <(${NAME} completion zsh), after compinit
_showpad_webhooks() {
${walk(nodes, `"\${(@)words[2,CURRENT-1]}"`)}
  compadd -- \${=candidates} || _files
}
compdef _showpad_webhooks ${NAME}
`;
}

function fish(nodes: readonly Node[]): string {
  const lines = nodes.flatMap((node) => {
    const { path, commands, flags, values } = node;
    const reached = path.map((word) => `__fish_seen_subcommand_from ${word}`);
    const isOpen =
      commands.length > 0
        ? [`not __fish_seen_subcommand_from ${commands.map(({ text }) => text).join(' ')}`]
        : [];
    const here = [...reached, ...isOpen].join('; and ') || 'true';
    return [
      ...commands.map(({ text, description }) => complete(here, `-f -a ${text}`, description)),
      ...values.map((value) => complete(here, `-f -a ${value}`, 'event type')),
      ...flags.map(({ text, description }) => complete(here, `-l ${text.slice(2)}`, description)),
    ];
  });
  return `# ${NAME} completion fish | source\n${lines.join('\n')}\n`;
}

function complete(condition: string, what: string, description: string): string {
  return `complete -c ${NAME} -n '${condition}' ${what} -d '${description.replace(/[\\']/g, '\\$&')}'`;
}
