// Jest 29 in a CommonJS app has a transform and a module registry of its own.
require('reflect-metadata');
const { once } = require('node:events');
const { Injectable, Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const express = require('express');
const Koa = require('koa');
const { signedDelivery } = require('@showpad-webhooks/core/testing');

const path = '/webhooks/showpad';
const type = 'shared-space-created';

async function deliver(server) {
  const { method, headers, body } = signedDelivery(type, { key: 'key' });
  const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { method, headers, body });
  return [response.status, await response.json()];
}

test.each([
  ['express', express],
  ['koa', () => new Koa()],
])('%s', async (name, createApp) => {
  const { showpadWebhooks } = require(`@showpad-webhooks/${name}`);
  const handler = jest.fn();
  const app = createApp().use(showpadWebhooks({ path, keys: 'key', on: { [type]: handler } }));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  expect(await deliver(server)).toEqual([200, { outcome: 'handled' }]);
  expect(handler).toHaveBeenCalledTimes(1);
  await new Promise((resolve) => server.close(resolve).closeAllConnections());
});

test('nestjs', async () => {
  const { OnShowpadEvent, ShowpadWebhooksModule } = require('@showpad-webhooks/nestjs');
  const handler = jest.fn();
  class Handlers {
    handle(event) {
      handler(event.type);
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Handlers.prototype, 'handle');
  OnShowpadEvent(type)(Handlers.prototype, 'handle', descriptor);
  Injectable()(Handlers);
  class AppModule {}
  Module({ imports: [ShowpadWebhooksModule.forRoot({ path, keys: 'key' })], providers: [Handlers] })(
    AppModule,
  );
  const app = await NestFactory.create(AppModule, { logger: false, forceCloseConnections: true });
  await app.listen(0, '127.0.0.1');
  expect(await deliver(app.getHttpServer())).toEqual([200, { outcome: 'handled' }]);
  expect(handler).toHaveBeenCalledWith(type);
  await app.close();
});

test('an inbox', async () => {
  const { createReceiver } = require('@showpad-webhooks/core');
  const { createSqliteInbox } = require('@showpad-webhooks/sqlite');
  const receiver = createReceiver({ keys: 'key', inbox: createSqliteInbox({ file: ':memory:' }) });
  const handled = new Promise((resolve) => receiver.on(type, resolve));
  await receiver.start();
  expect((await receiver.receive(signedDelivery(type, { key: 'key' }))).outcome).toBe('queued');
  await handled;
  await receiver.close();
});
