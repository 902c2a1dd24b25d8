import { randomUUID } from 'node:crypto';
import type { AttributeValue, GetItemCommandOutput } from '@aws-sdk/client-dynamodb';
import { createServerClock } from './server-clock.ts';

/** The part of a `DynamoDBClient` that is used. */
export interface DynamoClient {
  send(command: never): Promise<unknown>;
}

export type Item = Record<string, AttributeValue>;

/** A condition that must hold for a write. */
interface Condition {
  readonly condition: string;
  readonly names?: Record<string, string>;
  readonly values?: Item;
}

/** A table whose only key is the text `id`. */
export interface DynamoTable {
  /** Reads an item as the last write left it. */
  get(id: string): Promise<Item | undefined>;
  /** Writes a whole item. False: the condition does not hold. */
  put(item: Item, condition: Condition): Promise<boolean>;
  /** Changes an item by assignments, such as `a = :b`. False: the condition does not hold. */
  update(id: string, assignments: readonly string[], condition: Condition): Promise<boolean>;
  /** Unix time in ms by the clock of DynamoDB, as the responses of the table told it. */
  nowMs(): number;
}

/** The part of an AWS SDK command that is used. */
interface Command {
  readonly middlewareStack: {
    add(middleware: (next: Next) => Next, options: { readonly step: 'deserialize' }): void;
  };
}

type Next = (args: never) => Promise<{ readonly response?: unknown }>;

/** Opens a table. The SDK, which the app brings, is loaded by the first call. */
export function openTable(client: DynamoClient, table: string): DynamoTable {
  const clock = createServerClock();

  function send(command: object): Promise<unknown> {
    // The command itself looks at its response, so the client of the app stays as it is.
    (command as Command).middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { headers } = result.response as { readonly headers?: Readonly<Record<string, string>> };
        clock.note(headers?.date);
        return result;
      },
      { step: 'deserialize' },
    );
    return client.send(command as never);
  }

  async function sendIf(command: object): Promise<boolean> {
    try {
      await send(command);
      return true;
    } catch (error) {
      if ((error as Error).name === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  }

  return {
    nowMs: clock.nowMs,

    async get(id) {
      const { GetItemCommand } = await loadSdk();
      const command = new GetItemCommand({ TableName: table, Key: keyOf(id), ConsistentRead: true });
      return ((await send(command)) as GetItemCommandOutput).Item;
    },

    async put(item, condition) {
      const { PutItemCommand } = await loadSdk();
      const { callId, input } = repeatable(condition);
      return sendIf(new PutItemCommand({ TableName: table, Item: { ...item, callId }, ...input }));
    },

    async update(id, assignments, condition) {
      const { UpdateItemCommand } = await loadSdk();
      const command = new UpdateItemCommand({
        TableName: table,
        Key: keyOf(id),
        UpdateExpression: `SET ${[...assignments, 'callId = :callId'].join(', ')}`,
        ...repeatable(condition).input,
      });
      return sendIf(command);
    },
  };
}

/** Bundlers accept that the package is missing because of the `catch`: an app without a ledger in DynamoDB does not need it. */
function loadSdk() {
  return import('@aws-sdk/client-dynamodb').catch((cause: unknown) => {
    throw new Error(
      'createDynamoLedger needs the package @aws-sdk/client-dynamodb. Install it next to your app.',
      { cause },
    );
  });
}

/**
 * If no response comes, the SDK sends a write again, and DynamoDB may have done it already. So each write leaves the id of its
 * call in the item, and its condition also holds if that is there.
 */
function repeatable({ condition, names, values }: Condition) {
  const callId = { S: randomUUID() };
  const input = {
    ConditionExpression: `(${condition}) OR callId = :callId`,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: { ...values, ':callId': callId },
  };
  return { callId, input };
}

function keyOf(id: string): Item {
  return { id: { S: id } };
}
