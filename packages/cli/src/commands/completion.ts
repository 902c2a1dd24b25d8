import { Argument, type Command } from 'commander';
import { completionScript, SHELLS, type Shell } from '../completion.ts';
import type { Context } from '../context.ts';

export function addCompletion(program: Command, { io }: Context): void {
  program
    .command('completion')
    .summary('print the script by which a shell completes this command')
    .description('Prints the script by which a shell completes this command.')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  $ source <(showpad-webhooks completion bash)     # in ~/.bashrc
  $ source <(showpad-webhooks completion zsh)      # in ~/.zshrc, after compinit
  $ showpad-webhooks completion fish > ~/.config/fish/completions/showpad-webhooks.fish`,
    )
    .action((shell: Shell) => {
      io.stdout.write(completionScript(shell, program));
    });
}
