import { type Emulator, EmulatorProblem, type FaultRuleInput } from '@showpad-webhooks/emulator';
import { Option } from 'commander';
import { type CliError, usageError } from '../cli-error.ts';
import { collect } from '../terminal/flags.ts';
import type { Io } from '../terminal/io.ts';
import { readJson } from './read-input.ts';

export function faultFlag(): Option {
  return new Option(
    '--fault <fault>',
    'Kind of fault such as wrong-key, or one or several rules as JSON, @file or - for stdin; can be repeated',
  ).argParser(collect);
}

/** Reads the rules of `--fault`. The emulator checks what is in them. */
export async function readFaults(
  faults: readonly string[] | undefined,
  io: Io,
): Promise<readonly FaultRuleInput[]> {
  const found: FaultRuleInput[] = [];
  for (const argument of faults ?? []) {
    const isKind = /^[a-z]+(-[a-z]+)*$/.test(argument);
    const given = isKind ? { action: { kind: argument } } : await readJson(argument, '--fault', io);
    for (const rule of [given].flat()) {
      if (typeof rule !== 'object' || rule === null) {
        throw usageError('--fault must be a rule or a list of rules, and each rule an object.');
      }
      found.push({ api: 'delivery', ...rule } as FaultRuleInput);
    }
  }
  return found;
}

export async function addFaults(emulator: Emulator, faults: readonly FaultRuleInput[]): Promise<void> {
  for (const fault of faults) {
    try {
      await emulator.faults.add(fault);
    } catch (error) {
      throw EmulatorProblem.isInstance(error) ? faultError(error) : error;
    }
  }
}

/** Speaks of `--fault` and not of the fields of a rule, because a kind alone is the usual argument. */
function faultError({ meta, message }: EmulatorProblem): CliError {
  const [field, ...others] = meta;
  const isKind = field?.name === 'action.kind' && others.length === 0;
  return usageError(
    isKind ? `The kind of a --fault ${field.reason}` : `A rule of --fault is not valid: ${message}`,
  );
}
