import { createEmulator } from '@showpad-webhooks/emulator';
import type { Command } from 'commander';
import { checked } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { flag, listFlag, numberFlag } from '../flags.ts';
import { portError } from '../listen-on.ts';
import { openBrowser } from '../open-browser.ts';
import { faultFlag, readFaults } from '../read-faults.ts';
import { stopped } from '../stopped.ts';

interface EmulatorFlags {
  readonly port: number;
  readonly state?: string;
  readonly seed?: number;
  readonly timeScale?: number;
  readonly fault?: readonly string[];
  readonly allowTarget?: readonly string[];
  readonly open?: boolean;
}

export function addEmulator(program: Command, context: Context): void {
  program
    .command('emulator')
    .summary('run Showpad’s side of webhooks on this machine')
    .description(
      'Runs Showpad’s side of webhooks: its API, signed deliveries, retries, faults, and an Admin page.',
    )
    .addOption(numberFlag('--port <n>', '0 is any free port', 0, 65_535).default(4000))
    .addOption(flag('--state <file>', 'JSON file that subscriptions, keys and faults are kept in'))
    .addOption(numberFlag('--seed <n>', 'the same seed breaks alike', 0, Number.MAX_SAFE_INTEGER))
    .addOption(numberFlag('--time-scale <n>', 'how many times as fast its clock runs', 1, 1_000))
    .addOption(faultFlag())
    .addOption(
      listFlag('--allow-target <host>', 'another machine that deliveries may go to; may be repeated'),
    )
    .addOption(flag('--open', 'show the Admin page in a browser'))
    .addHelpText(
      'after',
      `
It goes on until it is stopped (Ctrl-C). Faults are added to those that --state holds.

Examples:
  $ showpad-webhooks emulator --open
  $ showpad-webhooks emulator --port 0 --json --state .showpad/emulator.json
  $ showpad-webhooks emulator --fault '{"match":{"attempt":1},"probability":0.5,"action":{"kind":"wrong-key"}}'`,
    )
    .action((flags: EmulatorFlags) => runEmulator(flags, context));
}

async function runEmulator(flags: EmulatorFlags, { io, output }: Context): Promise<void> {
  const { port, state: stateFile, seed, timeScale, allowTarget: allowTargets } = flags;
  const faults = await readFaults(flags.fault, io);
  const options = { port, stateFile, seed, timeScale, allowTargets };
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const emulator = await checked(() => createEmulator(given)).catch((error) => {
    throw portError(error, port);
  });
  try {
    for (const fault of faults) await checked(() => emulator.faults.add(fault));
    const { url, accessToken } = emulator;
    const lines = [
      `Emulator    ${url}`,
      `Admin page  ${url}/`,
      `API         ${url}/webhooks/v1`,
      `Token       ${accessToken}`,
    ];
    output.result(lines.join('\n'), { url, adminUrl: `${url}/`, apiUrl: `${url}/webhooks/v1`, accessToken });
    if (flags.open && !(await openBrowser(`${url}/`))) output.note('No browser could be opened.');
    output.note('Stop it with Ctrl-C.');
    await stopped(io.signal);
  } finally {
    await emulator.close();
  }
}
