import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, test } from 'vitest';
import { openFolder, type Running, runCommand, startCommand } from './command.ts';
import { closedUrl, KEY, openEndpoint, openReceiver, openServer } from './open-endpoint.ts';
import { BODY, listen, post, TYPE } from './open-listen.ts';

describe('listen', () => {
  test('answers what is authentic with 200 and what is not with 401, a line for each', async () => {
    const { url, running } = await listen();
    expect((await post(url))[0]).toBe(200);
    expect(JSON.parse(await running.nextLine())).toMatchObject({ type: TYPE, eventId: 'an-id', status: 200 });
    expect((await post(url, { key: 'another' }))[0]).toBe(401);
    expect(JSON.parse(await running.nextLine())).toMatchObject({ code: 'SIGNATURE_MISMATCH', status: 401 });
    running.stop();
    expect(await running.exitCode).toBe(0);
    expect(await running.stderr).toContain('the key belongs to another subscription');
  });

  test('prints lines to read, which a sender cannot break', async () => {
    const running = startCommand(['listen', '--port', '0', '--key', KEY]);
    const url = (await running.nextLine()).replace('Listening on ', '');
    await post(url, { body: Buffer.from('{"type":"\\u001b[2J\\n","id":"an-id"}') });
    expect(await running.nextLine()).toMatch(/^\S+Z {2}200 handled {2}\\u001b\[2J\\n {2}an-id {2}\d+ ms$/);
  });

  test('shows no control character of a sender, in lines or in JSON', async () => {
    const hostile = '\u009b2J\u009d0;title\u009c';
    for (const flags of [[], ['--json']]) {
      const running = startCommand(['listen', '--port', '0', '--key', KEY, ...flags]);
      const url = /http:[^"]+/.exec(await running.nextLine())?.[0] ?? '';
      await post(url, { body: Buffer.from(JSON.stringify({ type: hostile, id: 'an-id' })) });
      const [named = '', refused = ''] = [await running.nextLine(), await refuse(url, running)];
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there.
      expect(named + refused).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      expect(refused).toContain('ENCODING_UNSUPPORTED');
      if (flags.length > 0) expect(JSON.parse(named)).toMatchObject({ type: hostile });
      running.stop();
    }

    /** Sends a header that fetch would not send. */
    async function refuse(url: string, running: Running): Promise<string> {
      const { headers } = signedDelivery({ body: BODY }, { key: KEY });
      request(url, { method: 'POST', headers: { ...headers, 'content-encoding': hostile } }).end(BODY);
      return running.nextLine();
    }
  });

  test('passes on the bytes and headers that came, and answers what it is answered', async () => {
    const { url: target, received } = await openEndpoint(503, 200);
    const { url, running } = await listen('--forward-to', `${target}?from=cli`);
    expect(await post(url)).toEqual([503, 'answer 503']);
    expect(JSON.parse(await running.nextLine())).toMatchObject({ status: 503 });
    expect(await post(url)).toEqual([200, 'answer 200']);
    const [first] = received;
    expect(first?.body).toEqual(BODY);
    expect(first?.url).toBe('/webhooks/showpad?from=cli');
    expect(first?.headers).toMatchObject({ 'x-custom': 'kept', host: new URL(target).host });
  });

  test('passes on to a receiver, which accepts the signature', async () => {
    const { url: target, handled } = await openReceiver();
    const { url } = await listen('--forward-to', target);
    expect((await post(url))[0]).toBe(200);
    expect(handled).toEqual([{ name: 'é' }]);
  });

  test('passes nothing on that is not authentic, and follows no redirect', async () => {
    const { url: target, received } = await openEndpoint(302);
    const { url, running } = await listen('--forward-to', target);
    expect((await post(url, { key: 'another' }))[0]).toBe(401);
    expect(received).toEqual([]);
    expect((await post(url))[0]).toBe(302);
    running.stop();
    expect(await running.stderr).toContain('This answer did not come from showpad-webhooks.');
    expect(received).toHaveLength(1);
  });

  test('answers 502 if the endpoint gives no answer, so that Showpad retries', async () => {
    for (const target of [await closedUrl(), await openServer((req) => req.destroy())]) {
      const { url, running } = await listen('--forward-to', target);
      expect((await post(url))[0]).toBe(502);
      expect(JSON.parse(await running.nextLine())).toMatchObject({
        status: 502,
        problem: expect.any(String),
      });
    }
  });

  test('answers even if a delivery cannot be recorded, and says so', async () => {
    const folder = join(openFolder(), 'recordings');
    const { url, running } = await listen('--record', folder);
    rmSync(folder, { recursive: true });
    expect((await post(url))[0]).toBe(200);
    running.stop();
    expect(await running.stderr).toMatch(/error: The delivery was not recorded\.\nENOENT/);
  });

  test('prints the payload of an authentic delivery if it is asked to', async () => {
    const { url, running } = await listen('--print-body');
    await post(url);
    expect(JSON.parse(await running.nextLine())).toMatchObject({ isAuthentic: true, body: BODY.toString() });
    await post(url, { key: 'another' });
    expect(JSON.parse(await running.nextLine())).not.toHaveProperty('body');

    const inLines = startCommand(['listen', '--port', '0', '--key', KEY, '--print-body']);
    const readable = (await inLines.nextLine()).replace('Listening on ', '');
    await post(readable, { body: Buffer.from('{"type":"a",\r\n"id":"\u001b[2J"}') });
    await inLines.nextLine();
    expect(await inLines.nextLine()).toBe('{"type":"a",');
    expect(await inLines.nextLine()).toBe('"id":"\\u001b[2J"}');
  });

  test('prints no payload unless it is asked to', async () => {
    const { url, running } = await listen();
    await post(url);
    expect(await running.nextLine()).not.toContain('é');
  });

  test('ends with 0 when it is stopped, and answers 502 to what is under way, so that Showpad retries', async () => {
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const { url, running } = await listen('--forward-to', await openServer(() => isAsked()));
    const posted = post(url);
    await asked;
    running.stop();
    expect((await posted)[0]).toBe(502);
    expect(await running.exitCode).toBe(0);
  });
});

describe('listen --record', () => {
  const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;

  test('writes down whether a delivery was authentic, by which key, and what became of it', async () => {
    const folder = openFolder();
    const keyFile = join(openFolder(), 'crm.key');
    writeFileSync(keyFile, 'the-key-of-crm\n');
    const { url, running } = await listen('--record', folder, '--key', `@${keyFile}`);
    const startedAt = Date.now();
    await post(url, { key: 'the-key-of-crm' });
    const { file } = JSON.parse(await running.nextLine()) as { file: string };
    const recording = read(file);
    expect(recording).toMatchObject({
      isAuthentic: true,
      keyLabel: keyFile,
      outcome: 'handled',
      status: 200,
    });
    // A person can read it.
    expect(recording).toMatchObject({ bodyText: BODY.toString() });
    expect(Date.parse(String(recording.receivedAt))).toBeGreaterThanOrEqual(startedAt);

    await post(url, { key: 'another' });
    const { file: forged } = JSON.parse(await running.nextLine()) as { file: string };
    expect(forged).toMatch(/\.forged\.json$/);
    expect(read(forged)).toMatchObject({
      isAuthentic: false,
      outcome: 'rejected',
      code: 'SIGNATURE_MISMATCH',
      status: 401,
    });
    expect(read(forged)).not.toHaveProperty('keyLabel');

    await post(url, { body: Buffer.from('no JSON') });
    const { file: invalid } = JSON.parse(await running.nextLine()) as { file: string };
    expect(read(invalid)).toMatchObject({ isAuthentic: true, keyLabel: 'key 1', code: 'BODY_INVALID' });
  });

  test('takes a delivery for authentic if only its time is wrong, because the signature is right', async () => {
    const folder = openFolder();
    const { url, running } = await listen('--record', folder);
    const timestampSeconds = Math.floor(Date.now() / 1000) + 3_600;
    const { method, headers } = signedDelivery({ body: BODY }, { key: KEY, timestampSeconds });
    await fetch(url, { method, headers, body: new Uint8Array(BODY) });
    const { file } = JSON.parse(await running.nextLine()) as { file: string };
    expect(read(file)).toMatchObject({ isAuthentic: true, code: 'CLOCK_SUSPECT', status: 503 });
    const { url: target, received } = await openEndpoint();
    const finished = await runCommand(['replay', file, '--to', target, '--key', KEY, '--json']);
    expect({ ...finished, received }).toMatchObject({ exitCode: 1, received: [] });
    expect(finished.stdout).toContain('TIMESTAMP_IN_FUTURE');
  });

  test('lets strangers fill the folder with no more than 20 deliveries', async () => {
    const folder = openFolder();
    const { url, running } = await listen('--record', folder);
    for (let count = 0; count < 22; count++) await post(url, { key: 'another' });
    await post(url);
    const names = readdirSync(folder);
    expect(names.filter((name) => name.endsWith('.forged.json'))).toHaveLength(20);
    expect(names).toHaveLength(21);
    running.stop();
    expect(await running.stderr).toContain(
      'error: The delivery was not recorded.\nIt is not authentic, and the folder may hold 20 of those (--record-forged).',
    );
  });

  test('counts what is in the folder already, so that a new start does not begin again', async () => {
    const folder = openFolder();
    for (let round = 0; round < 2; round++) {
      const { url, running } = await listen('--record', folder, '--record-forged', '1');
      for (let count = 0; count < 2; count++) await post(url, { key: 'another' });
      const lines = [JSON.parse(await running.nextLine()), JSON.parse(await running.nextLine())];
      expect(lines.map((line) => 'notRecorded' in line)).toEqual([round > 0, true]);
    }
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test('records no large body that is not authentic, and any that is', async () => {
    const folder = openFolder();
    const { url, running } = await listen('--record', folder);
    const large = Buffer.from(JSON.stringify({ type: TYPE, id: 'large', filler: 'x'.repeat(1024 * 1024) }));
    await post(url, { key: 'another', body: large });
    expect(JSON.parse(await running.nextLine())).toMatchObject({
      notRecorded: `It is not authentic, and its body of ${large.byteLength} bytes is too large.`,
    });
    await post(url, { body: large });
    expect(JSON.parse(await running.nextLine())).toMatchObject({ file: expect.any(String) });
    expect(readdirSync(folder)).toHaveLength(1);
  });
});

test.each([
  ['listen without a key', ['listen', '--port', '0'], 'SHOWPAD_SIGNATURE_KEY'],
  ['listen with a blank key', ['listen', '--port', '0', '--key', ' '], 'is blank'],
  [
    'listen for no URL',
    ['listen', '--port', '0', '--key', KEY, '--forward-to', 'x'],
    '--forward-to must be a URL',
  ],
  [
    'listen with no folder',
    ['listen', '--port', '0', '--key', KEY, '--record', '/dev/null/x'],
    '--record: the folder',
  ],
  ['replay to no URL', ['replay', '/', '--to', 'ftp://x/', '--key', KEY], '--to must be a URL'],
  ['replay without a key', ['replay', '/', '--to', 'http://127.0.0.1/'], 'SHOWPAD_SIGNATURE_KEY'],
  [
    'replay with both',
    ['replay', '/', '--to', 'http://127.0.0.1/', '--key', KEY, '--as-recorded'],
    'Leave out --key',
  ],
  [
    'replay as recorded, and signed',
    ['replay', '/', '--to', 'http://127.0.0.1/', '--as-recorded', '--sign-unverified'],
    'Leave out --key, --recorded-key and --sign-unverified',
  ],
  [
    'replay that verifies and does not',
    ['replay', '/', '--to', 'http://127.0.0.1/', '--key', KEY, '--recorded-key', KEY, '--sign-unverified'],
    'Leave out one',
  ],
  [
    'a recorded key with white space',
    ['replay', '/', '--to', 'http://127.0.0.1/', '--key', KEY, '--recorded-key', 'a-key '],
    'The key in --recorded-key begins or ends',
  ],
])('a mistake of usage exits with 2: %s', async (_title, args, said) => {
  const { exitCode, stdout, stderr } = await runCommand(args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(said);
  expect(stderr).not.toContain(KEY);
});
