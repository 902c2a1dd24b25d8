import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { signedDelivery } from '@showpad-webhooks/express/testing';
import request from 'supertest';
import { expect, test, vi } from 'vitest';
// @ts-expect-error It is JavaScript without types, like all scripts.
import { terminalSvg } from '../../scripts/terminal-svg.mjs';
import { createApp } from './app.ts';

const signatureKey = 'example-key';

function build() {
  const crm = { addContact: vi.fn(async () => {}), openDeal: vi.fn(async () => {}) };
  return { crm, app: createApp({ crm, signatureKey, warn: vi.fn() }) };
}

test('adds a contact for a user who was added to a Shared Space', async () => {
  const { app, crm } = build();
  const { headers, body } = signedDelivery('shared-space-user-added', { key: signatureKey });
  await request(app).post('/webhooks/showpad').set(headers).send(body.toString()).expect(200);
  expect(crm.addContact).toHaveBeenCalledWith('kent.cook@showpad.com', 'Breakfast Service');
});

test('opens a deal for a Shared Space, even if the event does not contain its name', async () => {
  const { app, crm } = build();
  const { headers, body } = signedDelivery('shared-space-created', { key: signatureKey, id: '7', data: {} });
  await request(app).post('/webhooks/showpad').set(headers).send(body.toString()).expect(200);
  expect(crm.openDeal).toHaveBeenCalledWith('space of event 7');
});

test('leaves the rest of the app as it was', async () => {
  await request(build().app).get('/').expect(200, 'The rest of the app.');
});

test('the demo shows each delivery and what became of it', async () => {
  const args = ['--conditions=@showpad-webhooks/source', '--import', 'tsx', 'demo.ts'];
  const demo = spawn(process.execPath, args, { cwd: fileURLToPath(new URL('.', import.meta.url)) });
  const [output, code] = await Promise.all([
    text(demo.stdout),
    new Promise((resolve) => demo.once('exit', resolve)),
  ]);
  expect(output).toContain('CRM: added kent.cook@showpad.com to "Breakfast Service"');
  expect(output).toContain('SIGNATURE_MISMATCH: None of your keys matches the signature.');
  expect(output).toContain('Cause: Error: The CRM is down for a moment.');
  expect(output.match(/answer {2}\d+/g)?.map((answer) => answer.slice(-3))).toEqual([
    '200',
    '200',
    '401',
    '401',
    '500',
    '200',
  ]);
  expect(output).toContain('All answers are as expected.');
  expect(code).toBe(0);
  // The README shows a picture of this. "node scripts/picture.mjs" draws it.
  expect(readFileSync(new URL('../../docs/terminal.svg', import.meta.url), 'utf8')).toBe(terminalSvg(output));
});
