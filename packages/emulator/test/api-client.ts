import { readFileSync } from 'node:fs';
import type { Emulator } from '@showpad-webhooks/emulator';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

interface Operation {
  readonly responses: Readonly<Record<string, unknown>>;
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const FILE = new URL('../openapi.json', import.meta.url);
export const OPENAPI: Document = JSON.parse(readFileSync(FILE, 'utf8'));
export const METHODS: readonly string[] = ['get', 'post', 'put', 'patch', 'delete'];

const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  formats: {
    uri: (text: string) => URL.canParse(text),
    'date-time': (text: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text),
  },
}).addSchema(OPENAPI, 'openapi');

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: The test knows what it expects.
  readonly body: any;
}

export interface Call {
  readonly token?: string | null;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The parts of the document that occurred, such as `get /webhooks/v1/subscriptions 200`. */
export const seen: Set<string> = new Set();

/** Calls Showpad's APIs, and compares the request and the response with the OpenAPI document. */
export async function call(
  emulator: Emulator,
  method: string,
  path: string,
  request: Call = {},
): Promise<Answer> {
  const { token = emulator.accessToken, json, form } = request;
  const body = form
    ? new URLSearchParams(form).toString()
    : json === undefined
      ? undefined
      : JSON.stringify(json);
  const response = await fetch(emulator.url + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...request.headers,
    },
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const answer = {
    status: response.status,
    headers: response.headers,
    body: type.endsWith('json') ? JSON.parse(text) : text,
  };
  checkAnswer(method.toLowerCase(), path.split('?', 1)[0] ?? '', type, answer, json ?? form);
  return answer;
}

function checkAnswer(method: string, path: string, type: string, answer: Answer, sent: unknown): void {
  const [template, operations] = Object.entries(OPENAPI.paths).find(([each]) =>
    new RegExp(`^${each.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
  ) ?? ['', {}];
  const operation = operations[method];
  if (!operation) throw new Error(`not in the document: ${method} ${path}`);
  const where = `${method} ${template} ${answer.status}`;
  if (!operation.responses[answer.status]) throw new Error(`not in the document: ${where}`);
  seen.add(where);

  const pointer = `#/paths/${toPointer(template)}/${method}`;
  const documented = resolve(operation.responses[answer.status]);
  const content = documented.content as Readonly<Record<string, object>> | undefined;
  if (content ? !content[type] : answer.body !== '')
    throw new Error(`${where}: ${type} is not in the document`);
  for (const [name, header] of Object.entries(documented.headers ?? {})) {
    if (header.required && !answer.headers.has(name))
      throw new Error(`${where}: the header ${name} is missing`);
  }
  if (content) {
    const base =
      '$ref' in Object(operation.responses[answer.status])
        ? refOf(operation, answer.status)
        : `${pointer}/responses/${answer.status}`;
    check(`${base}/content/${toPointer(type)}/schema`, answer.body, `the response of ${where}`);
  }
  if (answer.status < 300 && operation.requestBody) {
    const [sentType = ''] = Object.keys(operation.requestBody.content);
    check(`${pointer}/requestBody/content/${toPointer(sentType)}/schema`, sent, `the request of ${where}`);
  }
}

const refOf = (operation: Operation, status: number): string =>
  (operation.responses[status] as { $ref: string }).$ref;

interface Documented {
  readonly content?: unknown;
  readonly headers?: Readonly<Record<string, { readonly required?: boolean }>>;
}

function resolve(response: unknown): Documented {
  const { $ref } = response as { $ref?: string };
  if (!$ref) return response as Documented;
  const parts = $ref.split('/').slice(1);
  // biome-ignore lint/suspicious/noExplicitAny: This walks through JSON.
  return parts.reduce((node: any, part) => node[part], OPENAPI);
}

function check(pointer: string, value: unknown, what: string): void {
  const validate = ajv.getSchema(`openapi${pointer}`) as ValidateFunction | undefined;
  if (!validate) throw new Error(`no schema at ${pointer}`);
  if (!validate(value)) throw new Error(`${what}: ${ajv.errorsText(validate.errors)}`);
}

const toPointer = (text: string): string =>
  encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));
