import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ROOT } from './snippets.ts';

const read = (path: string) => readFileSync(ROOT + path, 'utf8');
const manifest = (path: string) =>
  JSON.parse(read(path)) as { devDependencies: Record<string, string>; engines?: { node: string } };

/** Returns the major and minor version that the tests run on: 4.22 for `npm:express@4.22.3`. */
function tested(path: string, dependency: string): string {
  const version = manifest(path).devDependencies[dependency]?.replace(/^npm:.*@/, '');
  if (version === undefined) throw new Error(`${path} does not list ${dependency}.`);
  return version.split('.').slice(0, 2).join('.');
}

/** Returns the versions in a row of the README's table. */
function stated(row: string): string {
  const line = new RegExp(`^\\| ${row} \\|[^|]*\\| (?<versions>[^|]*?) \\|`, 'm');
  return line.exec(read('README.md'))?.groups?.versions ?? '';
}

test.each([
  ['Express', ['express4', 'express5'].map((name) => tested('test/express/package.json', name)).join(', ')],
  ['Fastify', ['fastify4', 'fastify5'].map((name) => tested('test/fastify/package.json', name)).join(', ')],
  ['AWS Lambda', `AWS SDK ${tested('packages/aws-lambda/package.json', '@aws-sdk/client-dynamodb')}`],
  ['Koa', ['koa2', 'koa3'].map((name) => tested('test/koa/package.json', name)).join(', ')],
  [
    'NestJS',
    `${['test/nestjs-10', 'test/nestjs-11', 'packages/nestjs']
      .map((folder) => tested(`${folder}/package.json`, '@nestjs/core'))
      .join(', ')}, on Express and on Fastify`,
  ],
])('the README states the versions of %s that the tests run on', (row, versions) => {
  expect(stated(row)).toBe(versions);
});

test('the README states the versions of Node that CI runs on', () => {
  const nodes = /node: \[(?<versions>[^\]]*)\]/.exec(read('.github/workflows/ci.yml'))?.groups?.versions;
  expect(stated('anything else')).toBe(`Node ${nodes}`);
});
