import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDashboard, type DashboardOptions } from '@showpad-webhooks/dashboard';
import express, { type Request } from 'express';
import { onTestFinished } from 'vitest';

export interface OpenDashboard {
  /** The URL of the page, without a slash at its end. */
  readonly url: string;
  /** Calls the API as the page does. */
  get(call: string): Promise<Answer>;
  post(call: string): Promise<Answer>;
}

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: each call has its own answer.
  readonly body: any;
}

type Options = Omit<DashboardOptions<Request>, 'authorize'> & Partial<DashboardOptions<Request>>;

/** Mounts a dashboard in an Express app. Its user is the one that the header `x-user` names. */
export async function openDashboard(options: Options): Promise<OpenDashboard> {
  const dashboard = createDashboard<Request>({
    authorize: (request) => request.get('x-user'),
    onAudit: () => {},
    ...options,
  });
  const server = createServer(express().use('/ops/webhooks', dashboard));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    dashboard.close();
    server.close();
    server.closeAllConnections();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `${origin}/ops/webhooks`;
  const call = async (method: string, path: string): Promise<Answer> => {
    const response = await fetch(`${url}/api/${path}`, { method, headers: { 'x-user': 'kent', origin } });
    return { status: response.status, body: await response.json() };
  };
  return { url, get: (path) => call('GET', path), post: (path) => call('POST', path) };
}
