import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Inbox } from '@showpad-webhooks/core';
import { createDashboard } from '@showpad-webhooks/dashboard';
import compression from 'compression';
import express, { type Request as ExpressRequest } from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { buildDashboard } from './build-dashboard.ts';
import { fillInbox } from './filled-inbox.ts';

const PATH = '/ops/webhooks';

@Controller()
class OtherController {
  @Get('other')
  other(): string {
    return 'other';
  }
}

@Module({ controllers: [OtherController] })
class AppModule {}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function dashboardOf(inbox: Inbox) {
  const dashboard = createDashboard({
    inbox,
    authorize: ({ headers }) => headers.authorization,
    onAudit: () => {},
  });
  onTestFinished(() => dashboard.close());
  return dashboard;
}

/** Starts an app with the dashboard at `/ops/webhooks` and a route of its own at `/other`. Resolves to its origin. */
const APPS: Readonly<Record<string, (inbox: Inbox) => Promise<string>>> = {
  'Express, after a parser and compression': (inbox) => {
    const app = express().use(compression({ threshold: 0 }), express.json());
    app.use(PATH, dashboardOf(inbox)).get('/other', (_req, res) => void res.send('other'));
    return listen(app);
  },
  'Express, as a route of a router': (inbox) => {
    const router = express.Router().all('/webhooks{/*path}', dashboardOf(inbox));
    return listen(
      express()
        .use('/ops', router)
        .get('/other', (_req, res) => void res.send('other')),
    );
  },
  'Koa with a router': (inbox) => {
    const dashboard = dashboardOf(inbox);
    const router = new Router();
    router.all(`${PATH}{/*path}`, (context) => {
      context.respond = false;
      dashboard(context.req, context.res);
    });
    router.get('/other', (context) => {
      context.body = 'other';
    });
    return listen(new Koa().use(router.routes()).callback());
  },
  'Nest on Express': (inbox) => nest(new ExpressAdapter(), inbox),
  'Nest on Fastify': (inbox) => nest(new FastifyAdapter(), inbox),
  Fastify: async (inbox) => {
    const dashboard = dashboardOf(inbox);
    const app = fastify();
    app.get('/other', async () => 'other');
    for (const url of [PATH, `${PATH}/*`]) {
      app.all(url, (request, reply) => {
        reply.hijack();
        dashboard(request.raw, reply.raw);
      });
    }
    onTestFinished(() => app.close());
    return app.listen({ port: 0, host: '127.0.0.1' });
  },
  'Hono, as any app of fetch': async (inbox) => {
    const dashboard = createDashboard<Request>({
      inbox,
      authorize: ({ headers }) => headers.get('authorization'),
      onAudit: () => {},
    });
    onTestFinished(() => dashboard.close());
    const app = new Hono().get('/other', (context) => context.text('other'));
    app.all(`${PATH}/*`, (context) => dashboard.fetch(context.req.raw));
    return listen(async (req, res) => {
      const request = new Request(`http://${req.headers.host}${req.url}`, {
        method: req.method ?? '',
        headers: req.headers as Record<string, string>,
      });
      const response = await app.fetch(request);
      res.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
    });
  },
};

async function nest(adapter: ExpressAdapter | FastifyAdapter, inbox: Inbox): Promise<string> {
  const app = await NestFactory.create(AppModule, adapter as never, { logger: false });
  app.use(PATH, dashboardOf(inbox));
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

beforeAll(buildDashboard);

test.each(Object.keys(APPS))(
  '%s serves the page, its files and its API, and everything else as before',
  async (name) => {
    const filled = await fillInbox();
    await filled.die('one');
    filled.isDown = false;
    const origin = (await APPS[name]?.(filled.inbox)) as string;
    const call = (url: string, method = 'GET') =>
      fetch(url, { method, headers: { authorization: 'kent', origin } });

    for (const path of [PATH, `${PATH}/`]) {
      expect((await fetch(origin + path)).status).toBe(403);
      const page = await call(origin + path);
      expect(page.status).toBe(200);
      const [, script = ''] = /src="([^"]+)"/.exec(await page.text()) ?? [];
      const file = await call(new URL(script, origin + path).href);
      expect(file.headers.get('content-type')).toContain('javascript');
      // The page finds its API next to its script.
      const status = await call(new URL('api/status', file.url).href);
      expect(await status.json()).toMatchObject({ user: 'kent', dead: 1 });
    }
    const retried = await call(`${origin}${PATH}/api/retry?state=dead&id=one`, 'POST');
    expect(await retried.json()).toEqual({ refusals: { one: null } });
    await vi.waitUntil(async () => (await filled.inbox.counts()).done === 1);
    expect(await (await call(`${origin}/other`)).text()).toContain('other');
  },
);

test('an Express app types the request that authorize gets', async () => {
  const { inbox } = await fillInbox();
  interface WithUser extends ExpressRequest {
    readonly user?: { readonly email: string };
  }
  const dashboard = createDashboard({ inbox, authorize: (request: WithUser) => request.user?.email });
  onTestFinished(() => dashboard.close());
  const app = express().use((request, _response, next) => {
    Object.assign(request, { user: { email: 'kent@example.com' } });
    next();
  });
  const origin = await listen(app.use('/', dashboard));
  expect(await (await fetch(`${origin}/api/status`)).json()).toMatchObject({ user: 'kent@example.com' });
});
