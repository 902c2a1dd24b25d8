import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as Sentry from '@sentry/node';
import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { type WatchInboxOptions, watchInbox } from '@showpad-webhooks/core/watch';
import { SMTPServer } from 'smtp-server';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { fencesOf, ROOT } from './snippets.ts';

type Notify = WatchInboxOptions['notify'];

const FOLDER = fileURLToPath(new URL('.generated-alerts/', import.meta.url));
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER);

const recipes = fencesOf(readFileSync(`${ROOT}docs/alerts.md`, 'utf8'));
afterEach(() => vi.unstubAllEnvs());

interface Sent {
  readonly path: string | undefined;
  readonly body: string;
}

/** A server in place of the service that a recipe sends to. */
async function service(status = 200): Promise<{ readonly url: string; readonly sent: readonly Sent[] }> {
  const sent: Sent[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    sent.push({ path: request.url, body: await text(request) });
    response.writeHead(status).end('{}');
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sent };
}

/** Lets an inbox get a dead letter, and lets it be discarded, while a recipe of the page watches it. */
async function beginAndEnd(name: string, onError: (error: unknown) => void = fail): Promise<void> {
  const file = `${FOLDER}${name}.ts`;
  writeFileSync(file, recipes.find(({ code }) => code.includes(`function ${name}(`))?.code ?? '');
  const { [name]: notify } = (await import(file)) as Record<string, Notify>;
  const inbox = createMemoryInbox();
  const watch = watchInbox(inbox, { notify: notify ?? fail, onError, quietMs: 1, intervalMs: 60_000 });
  onTestFinished(() => watch.close());
  const error = { code: 'HANDLER_FAILED', message: 'The CRM is down.' };
  const rest = { type: 'a', bodyDigest: 1, method: 'POST', url: undefined, headers: {}, keyLabel: undefined };
  await inbox.put({ id: '1', body: Buffer.from('{}'), timestampSeconds: 1, receivedAtMs: 1, error, ...rest });
  await watch.check();
  await inbox.discard({ state: 'dead' });
  await watch.check();
}

function fail(error: unknown): never {
  throw error;
}

const BEGUN = 'The inbox "default" holds 1 dead letter.';
const ENDED = 'The inbox "default" holds no dead letter any more.';

test('Slack gets a message when a condition begins, and when it ends', async () => {
  const { url, sent } = await service();
  vi.stubEnv('SLACK_WEBHOOK_URL', `${url}/services/T0/B0/secret`);
  await beginAndEnd('notifySlack');
  expect(sent.map(({ path }) => path)).toEqual(Array(2).fill('/services/T0/B0/secret'));
  const texts = sent.map(({ body }) => JSON.parse(body).text);
  expect(texts).toEqual([expect.stringContaining(BEGUN), expect.stringContaining(ENDED)]);
});

test('Teams gets cards', async () => {
  const { url, sent } = await service(202);
  vi.stubEnv('TEAMS_WORKFLOW_URL', url);
  await beginAndEnd('notifyTeams');
  const cards = sent.map(({ body }) => JSON.parse(body).attachments[0].content.body[0]);
  expect(cards).toMatchObject([{ color: 'attention' }, { color: 'good', text: ENDED }]);
});

test('PagerDuty gets an event that triggers, and one that resolves the same incident', async () => {
  const { url, sent } = await service(202);
  vi.stubEnv('PAGERDUTY_URL', url);
  vi.stubEnv('PAGERDUTY_ROUTING_KEY', 'a-routing-key');
  await beginAndEnd('notifyPagerDuty');
  const common = { routing_key: 'a-routing-key', dedup_key: 'default/dead-letters' };
  expect(sent.map(({ body }) => JSON.parse(body))).toMatchObject([
    {
      ...common,
      event_action: 'trigger',
      payload: { severity: 'critical', custom_details: { deadLetters: 1 } },
    },
    { ...common, event_action: 'resolve', payload: { summary: ENDED } },
  ]);
});

test('Sentry gets both in one issue', async () => {
  const { url, sent } = await service();
  const { host } = new URL(url);
  Sentry.init({ dsn: `http://public@${host}/1`, defaultIntegrations: false });
  onTestFinished(() => Sentry.close().then(() => {}));
  await beginAndEnd('notifySentry');
  const events = sent.map(({ body }) => JSON.parse(body.split('\n')[2] ?? ''));
  const fingerprint = ['default/dead-letters'];
  expect(events).toMatchObject([
    { level: 'error', message: expect.stringContaining(BEGUN), fingerprint },
    { level: 'info', message: ENDED, fingerprint },
  ]);
});

test('a mailbox gets mails', async () => {
  const mails: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, done) => {
      text(stream).then((mail) => {
        mails.push(mail);
        done();
      }, done);
    },
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => new Promise<void>((resolve) => server.close(resolve)));
  await once(server.server, 'listening');
  vi.stubEnv('SMTP_URL', `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`);
  vi.stubEnv('ALERTS_FROM', 'alerts@example.com');
  vi.stubEnv('ALERTS_TO', 'on-call@example.com');
  await beginAndEnd('notifyByMail');
  expect(mails).toEqual([
    expect.stringContaining('Subject: [begun] dead-letters in the inbox default'),
    expect.stringContaining(ENDED),
  ]);
});

test.each([
  ['notifySlack', 'SLACK_WEBHOOK_URL', 'Slack answered 500.'],
  ['notifyTeams', 'TEAMS_WORKFLOW_URL', 'Teams answered 500.'],
  ['notifyPagerDuty', 'PAGERDUTY_URL', 'PagerDuty answered 500.'],
])('%s fails if the service refuses the alert, so that it is sent again', async (name, variable, message) => {
  const { url, sent } = await service(500);
  vi.stubEnv(variable, url);
  const errors: unknown[] = [];
  await beginAndEnd(name, (error) => errors.push(error));
  expect([errors, sent.length]).toEqual([[new Error(message)], 1]);
});
