import { readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type CommonClientOptions, createClient, type ShowpadClient } from '@showpad-webhooks/client';
import type { Command } from 'commander';
import { CliError, checked, usageError } from '../cli-error.ts';
import { EXIT } from '../exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { isPrivateFile, writePrivateFile } from './private-file.ts';
import { readSecret } from './read-input.ts';

/** Where a token is valid. */
export type Place = { readonly subdomain: string } | { readonly baseUrl: string };

export interface Account {
  readonly place: Place;
  readonly token: string;
}

export interface AccountFlags {
  readonly subdomain?: string;
  readonly baseUrl?: string;
  readonly token?: string;
}

export function addAccountFlags(command: Command): Command {
  return command
    .option('--subdomain <name>', 'For example "acme" of acme.showpad.biz (or SHOWPAD_SUBDOMAIN)')
    .option(
      '--base-url <url>',
      'URL of the API instead of a subdomain, for example an emulator’s (or SHOWPAD_BASE_URL)',
    )
    .option(
      '--token <token>',
      'Personal API token (or SHOWPAD_TOKEN): @file, - for stdin, or the text itself, which other users of this machine can see',
    );
}

/** Returns the account of the flags and the environment, or else the one that `login` saved. */
export async function readAccount(flags: AccountFlags, io: Io): Promise<Account> {
  const { env } = io;
  const given = placeOf({
    subdomain: flags.subdomain ?? (env.SHOWPAD_SUBDOMAIN || undefined),
    baseUrl: flags.baseUrl ?? (env.SHOWPAD_BASE_URL || undefined),
  });
  const token = await readToken(flags.token, io);
  if (given && token !== undefined) return { place: given, token };
  const saved = await readSaved(io);
  const place = given ?? saved?.place;
  if (!place) {
    throw authError('No account is given.', 'Pass --subdomain and --token, or run "login" once.');
  }
  if (token !== undefined) return { place, token };
  // A saved token is sent only to the account that it belongs to.
  if (saved && nameOf(saved.place) === nameOf(place)) return saved;
  throw authError(`There is no token for ${nameOf(place)}.`, 'Pass --token @file, or run "login" once.');
}

async function readToken(flag: string | undefined, io: Io): Promise<string | undefined> {
  if (flag !== undefined) return readSecret(flag, '--token', io);
  const variable = io.env.SHOWPAD_TOKEN;
  return variable === undefined ? undefined : readSecret(variable, 'SHOWPAD_TOKEN', io);
}

function authError(message: string, hint: string): CliError {
  return new CliError(message, hint, EXIT.auth);
}

interface GivenPlace {
  readonly subdomain: string | undefined;
  readonly baseUrl: string | undefined;
}

function placeOf({ subdomain, baseUrl }: GivenPlace): Place | undefined {
  if (subdomain !== undefined && baseUrl !== undefined) {
    throw usageError(
      'A subdomain and a base URL are both given.',
      'Pass --subdomain or --base-url, and unset the variable of the other.',
    );
  }
  if (subdomain !== undefined) return { subdomain };
  return baseUrl === undefined ? undefined : { baseUrl };
}

export function nameOf(place: Place): string {
  return 'subdomain' in place ? `${place.subdomain}.showpad.biz` : place.baseUrl;
}

export function openClient(
  { place, token }: Account,
  options: Pick<CommonClientOptions, 'assumptions' | 'hooks'> = {},
): Promise<ShowpadClient> {
  return checked(() => createClient({ ...place, ...options, auth: { type: 'personal-token', token } }));
}

function pathOf({ env }: Io): string {
  const folder = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
  return join(folder, 'showpad-webhooks', 'account.json');
}

async function readSaved(io: Io): Promise<Account | undefined> {
  const text = await readFile(pathOf(io), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  if (!(await isPrivateFile(pathOf(io)))) {
    throw authError(
      `The file "${pathOf(io)}" is open to other users of this machine, so the token in it is not used.`,
      'They may have read or changed it. Create a new token, and run "login" again. If you are the only user, run ' +
        `"chmod 600 ${pathOf(io)}" instead.`,
    );
  }
  try {
    const { subdomain, baseUrl, token } = JSON.parse(text) as AccountFlags;
    const place = placeOf({ subdomain, baseUrl });
    if (place && typeof token === 'string') return { place, token };
  } catch {
    // The error below names the file, and does not show what is in it.
  }
  throw authError(`The file "${pathOf(io)}" does not contain an account.`, 'Run "login" again, or "logout".');
}

/** Returns the path of the file. */
export async function saveAccount({ place, token }: Account, io: Io): Promise<string> {
  await writePrivateFile(pathOf(io), `${JSON.stringify({ ...place, token }, null, 2)}\n`);
  return pathOf(io);
}

export function forgetAccount(io: Io): Promise<void> {
  return rm(pathOf(io), { force: true });
}
