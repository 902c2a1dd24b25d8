import { readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createShowpadWebhooksClient, type ShowpadWebhooksClient } from '@showpad-webhooks/client';
import type { Command } from 'commander';
import { CliError, checked, usageError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';
import { flag } from './flags.ts';
import type { Io } from './io.ts';
import { writePrivateFile } from './private-file.ts';
import { readKey } from './read-keys.ts';

/** Where a token is good. */
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
    .addOption(flag('--subdomain <name>', '"acme" of acme.showpad.biz'))
    .addOption(flag('--base-url <url>', 'of the API, in place of a subdomain: an emulator’s'))
    .addOption(
      flag('--token <token>', 'personal API token: @file, - for stdin, or its text, which other users see'),
    );
}

/** The account that the flags name, or else that of `login`. */
export async function readAccount(flags: AccountFlags, io: Io): Promise<Account> {
  const given = placeOf(flags);
  const token = flags.token === undefined ? undefined : await readKey(flags.token, '--token', io);
  if (given && token !== undefined) return { place: given, token };
  const saved = await readSaved(io);
  const place = given ?? saved?.place;
  if (!place) throw missing('no account is named.', 'Pass --subdomain and --token, or use "login" once.');
  if (token !== undefined) return { place, token };
  // A token is sent to nobody but those it is for.
  if (saved && nameOf(saved.place) === nameOf(place)) return saved;
  throw missing(`there is no token for ${nameOf(place)}.`, 'Pass --token @file, or use "login" once.');
}

function missing(message: string, hint: string): CliError {
  return new CliError(message, hint, EXIT.auth);
}

function placeOf({ subdomain, baseUrl }: AccountFlags): Place | undefined {
  if (subdomain !== undefined && baseUrl !== undefined)
    throw usageError('pass --subdomain or --base-url, not both.');
  if (subdomain !== undefined) return { subdomain };
  return baseUrl === undefined ? undefined : { baseUrl };
}

export function nameOf(place: Place): string {
  return 'subdomain' in place ? `${place.subdomain}.showpad.biz` : place.baseUrl;
}

export function openClient({ place, token }: Account): Promise<ShowpadWebhooksClient> {
  return checked(() => createShowpadWebhooksClient({ ...place, auth: { type: 'personal-token', token } }));
}

function pathOf({ env }: Io): string {
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'showpad-webhooks', 'account.json');
}

async function readSaved(io: Io): Promise<Account | undefined> {
  const text = await readFile(pathOf(io), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const { subdomain, baseUrl, token } = JSON.parse(text) as AccountFlags;
    const place = placeOf({ ...(subdomain && { subdomain }), ...(baseUrl && { baseUrl }) });
    if (place && typeof token === 'string') return { place, token };
  } catch {
    // It is told of below, and what it holds is not.
  }
  throw missing(`"${pathOf(io)}" holds no account.`, 'Use "login" again, or "logout".');
}

/** @returns the file. */
export async function saveAccount({ place, token }: Account, io: Io): Promise<string> {
  await writePrivateFile(pathOf(io), `${JSON.stringify({ ...place, token }, null, 2)}\n`);
  return pathOf(io);
}

export function forgetAccount(io: Io): Promise<void> {
  return rm(pathOf(io), { force: true });
}
