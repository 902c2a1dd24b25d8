import type { FaultRuleInput } from '@showpad-webhooks/emulator';
import type { Option } from 'commander';
import { usageError } from './cli-error.ts';
import { listFlag } from './flags.ts';
import type { Io } from './io.ts';
import { readJson } from './read-input.ts';

export function faultFlag(): Option {
  return listFlag(
    '--fault <fault>',
    'a kind such as wrong-key, or a rule or list of rules as JSON, @file or -; may be repeated',
  );
}

/** The rules given by `--fault`. The emulator checks what is in them. */
export async function readFaults(
  faults: readonly string[] | undefined,
  io: Io,
): Promise<readonly FaultRuleInput[]> {
  const found: FaultRuleInput[] = [];
  for (const argument of faults ?? []) {
    const isKind = /^[a-z]+(-[a-z]+)*$/.test(argument);
    const given = isKind ? { action: { kind: argument } } : await readJson(argument, '--fault', io);
    for (const rule of [given].flat()) {
      if (typeof rule !== 'object' || rule === null)
        throw usageError('--fault must hold rules, each an object.');
      found.push({ api: 'delivery', ...rule } as FaultRuleInput);
    }
  }
  return found;
}
