// node scripts/compatibility.mjs [--check]: writes the versions that the tests run on into the README, as they are installed.
import { readFileSync, writeFileSync } from 'node:fs';
import { ROOT } from './pnpm.mjs';

const README = `${ROOT}README.md`;
const REGION = /(?<=<!-- #region compatibility -->\n)[\s\S]*?(?=<!-- #endregion compatibility -->)/;

/** What the user's app is, the package for it, and the versions that are tested. */
const ROWS = [
  ['Express', 'express', list(installed('test/express', 'express4'), installed('test/express', 'express5'))],
  ['Koa', 'koa', list(installed('test/koa', 'koa2'), installed('test/koa', 'koa3'))],
  ['Fastify', 'fastify', list(installed('test/fastify', 'fastify4'), installed('test/fastify', 'fastify5'))],
  [
    'NestJS',
    'nestjs',
    `${list(...['test/nestjs-10', 'test/nestjs-11', 'packages/nestjs'].map((folder) => installed(folder, '@nestjs/core')))}, on Express and on Fastify`,
  ],
  [
    '[Next.js, SvelteKit, Workers and others](docs/frameworks.md)',
    'fetch',
    list(
      `Next.js ${installed('examples/nextjs', 'next')}`,
      `SvelteKit ${installed('examples/sveltekit', '@sveltejs/kit')}`,
      `Astro ${installed('examples/astro', 'astro')}`,
      `React Router ${installed('examples/react-router', 'react-router')}`,
      `h3 ${installed('test/frameworks', 'h3-1')} and ${installed('test/frameworks', 'h3-2')}`,
      `Hono ${installed('test/fetch', 'hono')}`,
      `Elysia ${installed('examples/elysia', 'elysia')}`,
      `Bun ${installed('test/runtimes', 'bun')}`,
      `Deno ${installed('test/runtimes', 'deno')}`,
      `workerd ${installed('test/runtimes', 'workerd')}`,
    ),
  ],
  ['AWS Lambda', 'aws-lambda', `AWS SDK ${installed('packages/aws-lambda', '@aws-sdk/client-dynamodb')}`],
  ['anything else', 'core', `Node ${nodesOfCi()}`],
];

function list(...versions) {
  return versions.join(', ');
}

/** The major and minor version of a dependency of one of our packages. */
function installed(folder, dependency) {
  const { version } = JSON.parse(
    readFileSync(`${ROOT}${folder}/node_modules/${dependency}/package.json`, 'utf8'),
  );
  return version.split('.').slice(0, 2).join('.');
}

function nodesOfCi() {
  return /node: \[(?<versions>[^\]]*)\]/.exec(readFileSync(`${ROOT}.github/workflows/ci.yml`, 'utf8')).groups
    .versions;
}

const table = [
  '| your app | install | versions tested | read |',
  '|---|---|---|---|',
  ...ROWS.map(
    ([app, name, versions]) =>
      `| ${app} | \`npm install @showpad-webhooks/${name}\` | ${versions} | [README](packages/${name}/README.md) |`,
  ),
].join('\n');

const before = readFileSync(README, 'utf8');
const after = before.replace(REGION, `${table}\n`);
if (process.argv.includes('--check') && after !== before) {
  console.error(
    'The README states other versions than the tests run on. Run: node scripts/compatibility.mjs',
  );
  process.exit(1);
}
writeFileSync(README, after);
