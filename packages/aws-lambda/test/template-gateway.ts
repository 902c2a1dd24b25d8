import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { SQSRecord } from 'aws-lambda';
import { render } from 'velocityjs';
import { messageOf } from './sqs-message.ts';
import { propertiesOf } from './template.ts';

/** What API Gateway answers for an outcome: `method.response.header.X` has its value in single quotes. */
interface Answer {
  readonly statusCode: string | number;
  readonly responseParameters?: Readonly<Record<string, string>>;
  readonly responseTemplates: Readonly<Record<string, string>>;
}

interface Definition {
  readonly 'x-amazon-apigateway-gateway-responses': { readonly DEFAULT_4XX: Answer };
  readonly paths: Readonly<
    Record<string, { readonly post: { readonly 'x-amazon-apigateway-integration': Integration } }>
  >;
}

export interface Integration {
  readonly contentHandling: string;
  readonly passthroughBehavior: string;
  readonly requestParameters: Readonly<Record<string, string>>;
  readonly requestTemplates: Readonly<Record<string, string>>;
  readonly responses: Readonly<Record<string, Answer>>;
}

export interface QueueGateway {
  readonly url: string;
  /** What is in the queue. */
  readonly messages: SQSRecord[];
  /** The status with which SQS answers. */
  sqsStatus: number;
  close(): Promise<void>;
}

const PATH = '/webhooks/showpad';

const DEFINITION: Definition = propertiesOf('Api').DefinitionBody as Definition;
export const INTEGRATION: Integration = integrationOf(PATH);

function integrationOf(path: string): Integration {
  const method = DEFINITION.paths[path]?.post;
  if (!method) throw new Error(`The template has no method for ${path}.`);
  return method['x-amazon-apigateway-integration'];
}

/**
 * Does what API Gateway and SQS do with a request, as the template says and as AWS documents it: it chooses the mapping template
 * by the Content-Type, renders it, and puts the message into the queue.
 */
export async function openTemplateGateway(): Promise<QueueGateway> {
  const messages: SQSRecord[] = [];
  const server = createServer((req, res) => void answer(req, res).catch(() => res.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gateway = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`,
    messages,
    sqsStatus: 200,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await buffer(req);
    const template = INTEGRATION.requestTemplates[req.headers['content-type'] ?? 'application/json'];
    if (template === undefined || req.method !== 'POST' || req.url !== PATH) {
      return write(res, DEFINITION['x-amazon-apigateway-gateway-responses'].DEFAULT_4XX);
    }
    const form = new URLSearchParams(renderForm(template, req, body.toString('base64')));
    if (gateway.sqsStatus === 200) messages.push(toRecord(form));
    const { default: other, ...responses } = INTEGRATION.responses;
    const chosen = Object.entries(responses).find(([pattern]) =>
      new RegExp(`^(${pattern})$`).test(`${gateway.sqsStatus}`),
    );
    write(res, chosen?.[1] ?? (other as Answer));
  }

  return gateway;
}

function renderForm(template: string, { rawHeaders }: IncomingMessage, body: string): string {
  const header: Record<string, string> = {};
  for (let at = 0; at < rawHeaders.length; at += 2)
    header[rawHeaders[at] as string] = rawHeaders[at + 1] as string;
  return render(template, {
    input: { body, params: () => ({ header }) },
    util: { urlEncode: encodeURIComponent },
    context: { requestTimeEpoch: `${Date.now()}` },
  });
}

/** The record that Lambda makes of a call of SendMessage. */
function toRecord(form: URLSearchParams): SQSRecord {
  if (form.get('Action') !== 'SendMessage') throw new Error('The form is no call of SendMessage.');
  const attributes: Record<string, string> = {};
  for (let index = 1; form.has(`MessageAttribute.${index}.Name`); index++) {
    const [name, type, value] = ['Name', 'Value.DataType', 'Value.StringValue'].map(
      (field) => form.get(`MessageAttribute.${index}.${field}`) ?? '',
    ) as [string, string, string];
    if (!/^(String|Number)$/.test(type) || value === '')
      throw new Error(`SQS refuses the attribute ${name}.`);
    attributes[name] = value;
  }
  return messageOf({ headers: attributes, body: Buffer.alloc(0) }, { body: form.get('MessageBody') ?? '' });
}

function write(
  res: ServerResponse,
  { statusCode, responseParameters = {}, responseTemplates }: Answer,
): void {
  const headers = Object.entries(responseParameters).map(([name, value]) => [
    name.replace(/^.*\.header\./, ''),
    value.replace(/^'(.*)'$/, '$1'),
  ]);
  res.writeHead(Number(statusCode), Object.fromEntries(headers)).end(responseTemplates['application/json']);
}
