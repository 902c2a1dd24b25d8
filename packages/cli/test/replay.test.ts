import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createReceiver,
  PermanentError,
  SIGNATURE_HEADER,
  sign,
  TIMESTAMP_HEADER,
} from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, test } from 'vitest';
import { openFolder, runCommand, valuesOf } from './command.ts';
import { closedUrl, KEY, openEndpoint, openReceiver } from './open-endpoint.ts';
import { BODY, listen, post, TYPE } from './open-listen.ts';

describe('replay', () => {
  /** A folder with a delivery that was answered 200 and one that was answered 503. */
  async function record(): Promise<string> {
    const folder = join(openFolder(), 'recordings');
    const { url: target } = await openEndpoint(200, 503);
    const { url, running } = await listen('--forward-to', target, '--record', folder);
    await post(url);
    await running.nextLine();
    await post(url, { body: Buffer.from('{"type":"COURSE_COMPLETED","id":"failed"}') });
    await running.nextLine();
    running.stop();
    await running.exitCode;
    return folder;
  }

  const replay = (path: string, url: string, ...flags: readonly string[]) =>
    runCommand(['replay', path, '--to', url, '--json', ...flags]);

  test('sends the recorded bytes with a new signature, in the order they came', async () => {
    const folder = await record();
    const { url, handled } = await openReceiver();
    const { exitCode, stdout, stderr } = await replay(folder, url, '--key', KEY);
    expect(exitCode).toBe(0);
    const file = expect.stringMatching(/\.json$/);
    expect(valuesOf({ stdout })).toEqual([
      { file, type: TYPE, eventId: 'an-id', isDelivered: true, status: 200, outcome: 'handled' },
      {
        file,
        type: 'COURSE_COMPLETED',
        eventId: 'failed',
        isDelivered: true,
        status: 200,
        outcome: 'handled',
      },
    ]);
    expect(stderr).toBe('2 of 2 were delivered.\n');
    expect(handled).toEqual([{ name: 'é' }, undefined]);
  });

  test('sends the dead letters of the quick start again', async () => {
    const file = join(openFolder(), 'dead-letters.jsonl');
    const receiver = createReceiver({ keys: KEY, ledger: false });
    receiver.on(TYPE, () => {
      throw new PermanentError('The CRM refuses it.');
    });
    receiver.onError(() => {});
    // As in docs/quick-start.md.
    receiver.onDeadLetter(async ({ reason, headers, rawBody }) => {
      const letter = { reason, headers, body: Buffer.from(rawBody).toString('base64') };
      await appendFile(file, `${JSON.stringify(letter)}\n`, { mode: 0o600 });
    });
    const ids = ['one', 'two'];
    for (const id of ids) {
      const body = JSON.stringify({ type: TYPE, id, data: { name: 'é' } });
      await receiver.receive(signedDelivery({ body }, { key: KEY }));
    }
    const { url, handled } = await openReceiver();
    const finished = await replay(file, url, '--failed', '--key', KEY);
    expect(finished.exitCode).toBe(0);
    expect(valuesOf(finished)).toMatchObject(ids.map((eventId) => ({ eventId, outcome: 'handled' })));
    expect(handled).toEqual([{ name: 'é' }, { name: 'é' }]);

    const forged = { headers: signedDelivery({ body: '{}' }, { key: 'another' }).headers, body: 'e30=' };
    writeFileSync(file, `${JSON.stringify(forged)}\n`);
    expect((await replay(file, url, '--key', KEY)).exitCode).toBe(1);
    writeFileSync(file, '{"reason":"permanent"}\n');
    expect((await replay(file, url, '--key', KEY)).stderr).toContain(
      'dead-letters.jsonl:1" is not a dead letter',
    );
  });

  test('signs with the key it is given, and keeps the other headers', async () => {
    const folder = await record();
    const { url, received } = await openEndpoint();
    await replay(folder, url, '--key', 'a-new-key', '--recorded-key', KEY, '--type', TYPE);
    const [{ headers, body } = { headers: {}, body: undefined }] = received;
    expect(body).toEqual(BODY);
    expect(headers).toMatchObject({ 'x-custom': 'kept', 'content-type': 'application/json' });
    const { url: refusing } = await openReceiver();
    const keys = ['--key', 'a-new-key', '--recorded-key', KEY];
    const refused = await replay(folder, refusing, ...keys, '--type', TYPE);
    expect(refused.exitCode).toBe(4);
    expect(valuesOf(refused)).toMatchObject([
      { isDelivered: false, status: 401, code: 'SIGNATURE_MISMATCH' },
    ]);
  });

  test('of several keys signs with the one that made the recorded signature, and with no other', async () => {
    const folder = await record();
    const { url, received } = await openEndpoint();
    const keys = ['--key', 'another-key', '--key', KEY];
    expect(await replay(folder, url, ...keys, '--type', TYPE)).toMatchObject({ exitCode: 0 });
    const headers = received[0]?.headers;
    const seconds = Number(headers?.[TIMESTAMP_HEADER]);
    expect(headers?.[SIGNATURE_HEADER]).toBe(sign(BODY, KEY, seconds));
  });

  test('sends as recorded, with the recorded signature', async () => {
    const folder = await record();
    const { url, handled } = await openReceiver();
    expect(await replay(folder, url, '--as-recorded')).toMatchObject({ exitCode: 0 });
    expect(handled).toHaveLength(2);
  });

  test('sends only what is wanted: failed ones, a type, an event, a file', async () => {
    const folder = await record();
    const [first = ''] = readdirSync(folder).sort();
    for (const [path, flags, ids] of [
      [folder, ['--failed'], ['failed']],
      [folder, ['--type', TYPE], ['an-id']],
      [folder, ['--event-id', 'failed', '--event-id', 'an-id'], ['an-id', 'failed']],
      [join(folder, first), [], ['an-id']],
    ] as const) {
      const { url } = await openEndpoint();
      const finished = await replay(path, url, '--key', KEY, ...flags);
      expect(valuesOf<{ eventId: string }>(finished).map(({ eventId }) => eventId)).toEqual(ids);
    }
    const none = await replay(folder, await closedUrl(), '--key', KEY, '--type', 'none');
    expect(none).toMatchObject({ exitCode: 0, stdout: '', stderr: 'No recording matches.\n' });
  });

  test('exits with 4 if nothing answers, and goes on with the others', async () => {
    const finished = await replay(await record(), await closedUrl(), '--key', KEY);
    expect(finished.exitCode).toBe(4);
    expect(valuesOf(finished)).toMatchObject([{ isDelivered: false }, { isDelivered: false, status: null }]);
  });

  test('recordings can be read by their owner only, and contain no key', async () => {
    const folder = await record();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) {
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(folder, name), 'utf8')).not.toContain(KEY);
    }
  });

  describe('of what is not authentic', () => {
    /** A folder with an authentic delivery that was answered 503 and one that somebody forged. */
    async function recordForgery(): Promise<string> {
      const folder = join(openFolder(), 'recordings');
      const { url: target } = await openEndpoint(503);
      const { url, running } = await listen('--forward-to', target, '--record', folder);
      await post(url);
      await running.nextLine();
      await post(url, { key: 'a-forger', body: Buffer.from(JSON.stringify({ type: TYPE, id: 'forged' })) });
      await running.nextLine();
      running.stop();
      await running.exitCode;
      return folder;
    }

    test('signs nothing, says why for each file, and exits with 1', async () => {
      const folder = await recordForgery();
      const { url, handled } = await openReceiver();
      const finished = await replay(folder, url, '--key', KEY);
      expect(finished.exitCode).toBe(1);
      expect(valuesOf(finished)).toEqual([
        expect.objectContaining({ eventId: 'an-id', isDelivered: true }),
        {
          file: expect.stringMatching(/\.forged\.json$/),
          type: TYPE,
          eventId: 'forged',
          isDelivered: false,
          isRefused: true,
          code: 'SIGNATURE_MISMATCH',
          message: 'None of your keys matches the signature.',
        },
      ]);
      expect(finished.stderr).toContain('pass it with --recorded-key');
      expect(handled).toEqual([{ name: 'é' }]);
    });

    test('--failed leaves it out, and says so', async () => {
      const { url, handled } = await openReceiver();
      const finished = await replay(await recordForgery(), url, '--failed', '--key', KEY);
      expect(valuesOf(finished)).toMatchObject([{ eventId: 'an-id', isDelivered: true }]);
      expect(finished.stderr).toContain('--failed leaves out what was not authentic when it arrived: 1.');
      expect(finished.exitCode).toBe(0);
      expect(handled).toHaveLength(1);
    });

    test('believes the signature and not what the file says about it', async () => {
      const folder = await recordForgery();
      const [name = ''] = readdirSync(folder).filter((each) => each.endsWith('.forged.json'));
      const file = join(folder, name);
      const recording = JSON.parse(readFileSync(file, 'utf8'));
      writeFileSync(
        file,
        JSON.stringify({ ...recording, isAuthentic: true, keyLabel: 'key 1', status: 503 }),
      );
      const { url, received } = await openEndpoint();
      const finished = await replay(file, url, '--failed', '--key', KEY);
      expect(valuesOf(finished)).toMatchObject([{ isRefused: true, code: 'SIGNATURE_MISMATCH' }]);
      expect({ ...finished, received }).toMatchObject({ exitCode: 1, received: [] });
    });

    test.each([
      ['a changed body', { bodyText: '{"type":"a","id":"1"}' }, 'SIGNATURE_MISMATCH'],
      [
        'another body in base64',
        { bodyText: undefined, body: Buffer.from('{}').toString('base64') },
        'SIGNATURE_MISMATCH',
      ],
      ['another time', { receivedAt: '2020-01-01T00:00:00.000Z' }, 'TIMESTAMP_IN_FUTURE'],
      ['no signature', { headers: {} }, 'SIGNATURE_MISSING'],
    ])('refuses a file with %s', async (_title, change, code) => {
      const folder = await record();
      const [name = ''] = readdirSync(folder).sort();
      const file = join(folder, name);
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }));
      const { url, received } = await openEndpoint();
      const finished = await replay(file, url, '--key', KEY);
      expect(valuesOf(finished)).toMatchObject([{ isRefused: true, code }]);
      expect({ ...finished, received }).toMatchObject({ exitCode: 1, received: [] });
    });

    test('signs it if it is told to', async () => {
      const { url, handled } = await openReceiver();
      const finished = await replay(await recordForgery(), url, '--key', KEY, '--sign-unverified');
      expect(finished.exitCode).toBe(0);
      expect(handled).toHaveLength(2);
    });

    test('sends it as recorded, which the receiver refuses', async () => {
      const { url, handled } = await openReceiver();
      const finished = await replay(await recordForgery(), url, '--as-recorded');
      expect(valuesOf(finished)).toMatchObject([{ status: 200 }, { status: 401 }]);
      expect({ ...finished, handled }).toMatchObject({ exitCode: 4, handled: [{ name: 'é' }] });
    });
  });

  test.each([
    ['nothing there', 2, '/not/there', '', 'There is no file or folder "/not/there"'],
    ['no JSON', 1, undefined, 'x', 'is not a recording of version 1'],
    ['another version', 1, undefined, '{"version":2}', 'is not a recording of version 1'],
    ['other JSON', 1, undefined, '{"version":1,"headers":{"a":1}}', 'is not a recording of version 1'],
  ])('says what is wrong with a recording: %s', async (_title, exitCode, path, text, said) => {
    const file = join(openFolder(), 'recording.json');
    writeFileSync(file, text);
    const finished = await replay(path ?? file, 'http://127.0.0.1/', '--key', KEY);
    expect(finished).toMatchObject({ exitCode, stdout: '', stderr: expect.stringContaining(said) });
  });

  test('says that a folder holds no recording', async () => {
    const finished = await replay(openFolder(), 'http://127.0.0.1/', '--key', KEY);
    expect(finished).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('contains no recording') });
  });
});
