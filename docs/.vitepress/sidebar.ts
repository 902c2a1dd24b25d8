import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { DefaultTheme } from 'vitepress';
import { DOCS } from './paths.ts';

type Items = DefaultTheme.SidebarItem[];

export const sidebar: Items = [
  {
    text: 'Start',
    items: [
      { text: 'Quick start', link: '/quick-start' },
      { text: 'Your framework', link: '/frameworks' },
      { text: 'Raw body in your framework', link: '/raw-body' },
      { text: 'Events and types', link: '/events' },
      { text: 'Your events', link: '/your-events' },
      { text: 'For coding agents', link: '/agents' },
      { text: 'Coming from your own middleware', link: '/migrating' },
      { text: 'Going live', link: '/going-live' },
      { text: 'Examples', link: '/examples' },
      { text: 'Recipes', link: '/recipes' },
      { text: 'Serverless', link: '/serverless' },
    ],
  },
  {
    text: 'Receive',
    items: [
      { text: 'Start and close', link: '/lifecycle' },
      { text: 'Responses and retries', link: '/responses' },
      { text: 'Handled once', link: '/handled-once' },
      { text: 'Never lost: the inbox', link: '/inbox' },
      { text: 'Order of events', link: '/ordering' },
      { text: 'Keys and rotation', link: '/keys' },
    ],
  },
  {
    text: 'Test and develop',
    items: [
      { text: 'Testing your handlers', link: '/testing' },
      { text: 'Emulator and Admin page', link: '/packages/emulator' },
      { text: 'Command line', link: '/packages/cli' },
    ],
  },
  {
    text: 'Operate',
    items: [
      { text: 'On call', link: '/on-call' },
      { text: 'Dashboard', link: '/packages/dashboard' },
      { text: 'Alerts', link: '/alerts' },
      { text: 'Error codes', link: '/errors' },
      { text: 'Telemetry and diagnostics', link: '/diagnostics' },
      { text: 'Security', link: '/security' },
      { text: 'Personal data', link: '/personal-data' },
      { text: 'Reliability', link: '/reliability' },
      { text: 'Performance', link: '/performance' },
      { text: 'Scaling', link: '/scaling' },
    ],
  },
  {
    text: 'Packages',
    items: [
      { text: 'core', link: '/packages/core' },
      { text: 'express', link: '/packages/express' },
      { text: 'koa', link: '/packages/koa' },
      { text: 'aws-lambda', link: '/packages/aws-lambda' },
      { text: 'fastify', link: '/packages/fastify' },
      { text: 'fetch', link: '/packages/fetch' },
      { text: 'nestjs', link: '/packages/nestjs' },
      { text: 'sqlite', link: '/packages/sqlite' },
      { text: 'postgres', link: '/packages/postgres' },
      { text: 'bullmq', link: '/packages/bullmq' },
      { text: 'client', link: '/packages/client' },
      { text: 'otel', link: '/packages/otel' },
    ],
  },
  { text: 'API reference', collapsed: true, items: apiPages() },
  {
    text: 'Background',
    items: [
      { text: 'Writing an adapter', link: '/adapters' },
      { text: 'What is known about Showpad', link: '/showpad' },
      { text: 'Glossary', link: '/glossary' },
      { text: 'Versions', link: '/versions' },
      { text: 'Decisions', collapsed: true, items: decisions() },
    ],
  },
];

function apiPages(): Items {
  const folder = `${DOCS}api`;
  if (!existsSync(folder)) return [];
  const modules = readdirSync(folder)
    .filter((file) => file !== 'index.md')
    .sort();
  return modules.map((file) => {
    const name = file.replace(/\.md$/, '');
    return { text: name.replace('.', '/'), link: `/api/${name}` };
  });
}

function decisions(): Items {
  return readdirSync(`${DOCS}adr`)
    .sort()
    .map((file) => {
      const title = /^# (.*)$/m.exec(readFileSync(`${DOCS}adr/${file}`, 'utf8'))?.[1] ?? file;
      return { text: title, link: `/adr/${file.replace(/\.md$/, '')}` };
    });
}
