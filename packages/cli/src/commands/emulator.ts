import { existsSync } from 'node:fs';
import { createEmulator } from '@showpad-webhooks/emulator';
import { type Command, Option } from 'commander';
import { checked, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { DEFAULT_FOLDER } from '../events/catalogue.ts';
import { portError } from '../http/listen-on.ts';
import { addFaults, faultFlag, readFaults } from '../input/read-faults.ts';
import { readSuggestedKey } from '../input/read-keys.ts';
import { addSamples, readSampleFiles } from '../input/read-samples.ts';
import { collect, wholeNumber } from '../terminal/flags.ts';
import { openBrowser } from '../terminal/open-browser.ts';
import { stopped } from '../terminal/stopped.ts';

interface EmulatorFlags {
  readonly port: number;
  readonly state?: string;
  readonly sample?: readonly string[];
  readonly seed?: number;
  readonly timeScale?: number;
  readonly fault?: readonly string[];
  readonly events: string;
  readonly allowTarget?: readonly string[];
  readonly open?: boolean;
}

export function addEmulator(program: Command, context: Context): void {
  program
    .command('emulator')
    .description('Run Showpad’s side of webhooks on this machine')
    .option('--port <n>', 'Port to listen on; 0 is any free port', wholeNumber(0, 65_535), 4000)
    .option('--state <file>', 'JSON file that keeps subscriptions, keys, samples and faults')
    .option('--sample <file>', 'JSON file with a sample event of your own; can be repeated', collect)
    .option(
      '--seed <n>',
      'With the same seed, random faults hit the same deliveries',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .option('--time-scale <n>', 'How many times faster than real time its clock runs', wholeNumber(1, 1_000))
    .addOption(faultFlag())
    .addOption(
      new Option('--events <folder>', 'Folder of your catalogue, whose samples it can send').default(
        DEFAULT_FOLDER,
      ),
    )
    .option('--allow-target <host>', 'Another machine that deliveries may go to; can be repeated', collect)
    .option('--open', 'Open the Admin page in a browser')
    .addHelpText(
      'after',
      `
It offers Showpad's API, signed deliveries, retries, faults and an Admin page, and runs until you stop it with Ctrl-C.
The faults of --fault and the events of --sample are added to those in the --state file.
The Admin page suggests the key in SHOWPAD_SIGNATURE_KEY for a new webhook.

Examples:
  $ showpad-webhooks emulator --open
  $ showpad-webhooks emulator --sample asset-viewed.json
  $ showpad-webhooks emulator --events showpad-events
  $ showpad-webhooks emulator --port 0 --json --state .showpad/emulator.json
  $ showpad-webhooks emulator --fault '{"match":{"attempt":1},"probability":0.5,"action":{"kind":"wrong-key"}}'`,
    )
    .action((flags: EmulatorFlags) => runEmulator(flags, context));
}

async function runEmulator(flags: EmulatorFlags, { io, output }: Context): Promise<void> {
  const { port, state: stateFile, seed, timeScale, events, allowTarget: allowTargets } = flags;
  if (events !== DEFAULT_FOLDER && !existsSync(events)) {
    throw usageError(`--events: there is no folder "${events}".`, 'Make a catalogue with "events add".');
  }
  const faults = await readFaults(flags.fault, io);
  const samples = await readSampleFiles(flags.sample, io);
  const signatureKey = await readSuggestedKey(io);
  const options = { port, stateFile, seed, timeScale, events, allowTargets, signatureKey };
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const emulator = await checked(() => createEmulator(given)).catch((error) => {
    throw portError(error, port);
  });
  try {
    await addFaults(emulator, faults);
    await addSamples(emulator, samples);
    const { url, accessToken } = emulator;
    output.result(
      { url, adminUrl: `${url}/`, apiUrl: `${url}/webhooks/v1`, accessToken },
      `Emulator    ${url}`,
      `Admin page  ${url}/`,
      `API         ${url}/webhooks/v1`,
      `Token       ${accessToken}`,
    );
    if (flags.open && !(await openBrowser(`${url}/`, io))) {
      output.note('No browser could be opened. Open the URL of the Admin page yourself.');
    }
    output.note('Press Ctrl-C to stop.');
    await stopped(io.signal);
  } finally {
    await emulator.close();
  }
}
