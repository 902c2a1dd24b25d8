// What AWS does, on this machine: a function URL, and DynamoDB (dynalite).
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { LambdaHandler } from '@showpad-webhooks/aws-lambda';
import dynalite from 'dynalite';

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Starts DynamoDB with an empty table, and lets every client of the AWS SDK in this process find it. */
export async function startDynamo(table: string): Promise<Server> {
  const server = dynalite({ createTableMs: 0 });
  process.env.AWS_ENDPOINT_URL_DYNAMODB = await listen(server);
  for (const name of ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])
    process.env[name] ??= 'local';
  const client = new DynamoDBClient();
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  client.destroy();
  return server;
}

/** Serves a function as a function URL does. */
export async function serveFunctionUrl(
  handler: LambdaHandler,
): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(async (req, res) => {
    const [rawPath = '', rawQueryString = ''] = (req.url ?? '').split('?');
    const body = await buffer(req);
    const event = {
      version: '2.0',
      rawPath,
      rawQueryString,
      headers: req.headers,
      requestContext: { http: { method: req.method } },
      body: body.toString('base64'),
      isBase64Encoded: true,
    };
    const { statusCode, headers, body: answer } = await handler(event);
    res.writeHead(statusCode, headers).end(answer);
  });
  return { url: await listen(server), server };
}
