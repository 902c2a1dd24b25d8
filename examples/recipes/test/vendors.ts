import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { BigQuery } from '@google-cloud/bigquery';
import { Client } from '@hubspot/api-client';
import type { Handler, ShowpadEvent } from '@showpad-webhooks/core';
import { Connection } from 'jsforce';
import { addToBigQuery } from '../bigquery.ts';
import { putOnEventBridge } from '../eventbridge.ts';
import { addToHubspot } from '../hubspot.ts';
import { addToMarketo } from '../marketo.ts';
import { addToSalesforce } from '../salesforce.ts';
import { createSegment, trackInSegment } from '../segment.ts';
import { tellSlack } from '../slack.ts';
import { tellTeams } from '../teams.ts';
import type { FakeRequest, Reply } from './fake.ts';

/** A recipe, and how the API of its vendor answers. */
export interface Vendor {
  readonly name: string;
  readonly handlerOf: (url: string) => Handler<never>;
  /** Keeps what was sent as the vendor does, and answers as it does. Throws if the request is not one that it takes. */
  readonly accept: (request: FakeRequest, kept: Map<string, unknown>, event: ShowpadEvent) => Reply;
  /** What it answers to one attempt after the other before it works again. */
  readonly temporary: readonly Reply[];
  readonly limited: Reply;
  readonly permanent: Reply;
  /** How long the recipe waits after `limited`, in ms. */
  readonly waitMs: number;
  /** What is left if the same event comes twice. */
  readonly copies: 1 | 2;
}

const TOKEN = 'a-token';
const BEARER = `Bearer ${TOKEN}`;

/**
 * https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/batch/upsert-contacts
 * https://developers.hubspot.com/docs/api-reference/error-handling names `Retry-After` for 477 only, and not for 429.
 */
const hubspot: Vendor = {
  name: 'HubSpot',
  handlerOf: (url) => addToHubspot(new Client({ accessToken: TOKEN, basePath: url })),
  accept({ method, path, headers, body }, kept) {
    expectEqual(
      [method, path, headers.authorization],
      ['POST', '/crm/v3/objects/contacts/batch/upsert', BEARER],
    );
    const results = body.inputs.map(({ id, idProperty, properties }: Record<string, unknown>) => {
      expectEqual(idProperty, 'email');
      const isNew = !kept.has(String(id));
      kept.set(String(id), properties);
      return { id: '501', new: isNew, properties, createdAt: NOW, updatedAt: NOW, archived: false };
    });
    return { status: 200, body: { status: 'COMPLETE', results, startedAt: NOW, completedAt: NOW } };
  },
  temporary: [
    { status: 502, body: { status: 'error', message: 'Bad gateway' } },
    { status: 423, body: { status: 'error', message: 'Locked' } },
    {
      status: 477,
      headers: { 'retry-after': '0' },
      body: { status: 'error', message: 'Migration in progress' },
    },
  ],
  limited: {
    status: 429,
    body: { status: 'error', category: 'RATE_LIMITS', policyName: 'TEN_SECONDLY_ROLLING' },
  },
  permanent: {
    status: 400,
    body: { status: 'error', category: 'VALIDATION_ERROR', message: 'kent.cook@showpad.com' },
  },
  waitMs: 10_000,
  copies: 1,
};

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_upsert.htm */
const salesforce: Vendor = {
  name: 'Salesforce',
  handlerOf: (url) =>
    addToSalesforce(new Connection({ instanceUrl: url, accessToken: TOKEN, version: '60.0' })),
  accept({ method, path, headers, body }, kept, { id }) {
    const expected = `/services/data/v60.0/sobjects/Lead/Showpad_Event_Id__c/${encodeURIComponent(id)}`;
    expectEqual([method, path, headers.authorization], ['PATCH', expected, BEARER]);
    expectEqual('Showpad_Event_Id__c' in body, false); // Salesforce refuses the key in the body.
    const created = !kept.has(id);
    kept.set(id, body);
    return {
      status: created ? 201 : 200,
      body: { id: '00Q000000000001', success: true, errors: [], created },
    };
  },
  temporary: [
    {
      status: 400,
      body: [{ errorCode: 'UNABLE_TO_LOCK_ROW', message: 'unable to obtain exclusive access' }],
    },
    { status: 500, body: [{ errorCode: 'UNKNOWN_EXCEPTION', message: 'An unexpected error occurred.' }] },
    { status: 503, body: 'Service Unavailable' },
  ],
  limited: {
    status: 403,
    body: [{ errorCode: 'REQUEST_LIMIT_EXCEEDED', message: 'TotalRequests Limit exceeded.' }],
  },
  permanent: {
    status: 400,
    body: [{ errorCode: 'INVALID_EMAIL_ADDRESS', message: 'kent.cook@showpad.com' }],
  },
  waitMs: 900_000,
  copies: 1,
};

/** https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/error-codes */
const marketo: Vendor = {
  name: 'Marketo',
  handlerOf: (url) => addToMarketo({ baseUrl: url, getToken: async () => TOKEN }),
  accept({ method, path, headers, body }, kept) {
    expectEqual([method, path, headers.authorization], ['POST', '/rest/v1/leads.json', BEARER]);
    expectEqual([body.action, body.lookupField], ['createOrUpdate', 'email']);
    const result = body.input.map((lead: { readonly email: string }) => {
      const status = kept.has(lead.email) ? 'updated' : 'created';
      kept.set(lead.email, lead);
      return { id: 50, status };
    });
    return { status: 200, body: { requestId: 'e42b#14272d07d78', success: true, result } };
  },
  temporary: [
    {
      status: 200,
      body: { success: false, errors: [{ code: '608', message: 'API Temporarily Unavailable' }] },
    },
    { status: 502, body: 'Bad Gateway' },
  ],
  limited: {
    status: 200,
    body: { success: false, errors: [{ code: '606', message: 'Max rate limit exceeded' }] },
  },
  permanent: {
    status: 200,
    body: {
      success: true,
      result: [{ status: 'skipped', reasons: [{ code: '1003', message: 'kent.cook@showpad.com' }] }],
    },
  },
  waitMs: 20_000,
  copies: 1,
};

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
const slack: Vendor = {
  name: 'Slack',
  handlerOf: (url) => tellSlack(`${url}/services/T0/B0/secret`),
  accept({ method, path, body }, kept) {
    expectEqual([method, path], ['POST', '/services/T0/B0/secret']);
    kept.set(`message ${kept.size}`, body.text);
    return { status: 200, body: 'ok' };
  },
  temporary: [{ status: 500, body: 'rollup_error' }],
  limited: { status: 429, headers: { 'retry-after': '7' }, body: 'rate_limited' },
  permanent: { status: 404, body: 'no_service' },
  waitMs: 7_000,
  copies: 2,
};

/** https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using */
const teams: Vendor = {
  name: 'Microsoft Teams',
  handlerOf: (url) => tellTeams(`${url}/workflows/1/triggers/manual/paths/invoke`),
  accept({ method, body }, kept) {
    expectEqual([method, body.type, body.attachments.length], ['POST', 'message', 1]);
    expectEqual(body.attachments[0].contentType, 'application/vnd.microsoft.card.adaptive');
    kept.set(`message ${kept.size}`, body.attachments[0].content);
    return { status: 202 };
  },
  temporary: [{ status: 502 }],
  limited: { status: 429, headers: { 'retry-after': '7' } },
  permanent: { status: 400, body: { error: { code: 'TriggerInputSchemaMismatch' } } },
  waitMs: 7_000,
  copies: 2,
};

/** https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/ */
const segment: Vendor = {
  name: 'Segment',
  handlerOf: (url) => trackInSegment(createSegment(TOKEN, url)),
  accept({ method, path, body }, kept, { id }) {
    expectEqual([method, path], ['POST', '/v1/batch']);
    for (const call of body.batch) {
      expectEqual([call.type, call.messageId], ['track', id]);
      kept.set(call.messageId, call.properties);
    }
    return { status: 200, body: { success: true } };
  },
  temporary: [{ status: 503 }],
  limited: { status: 429, headers: { 'retry-after': '7' } },
  permanent: { status: 400, body: { message: 'kent.cook@showpad.com' } },
  waitMs: 7_000,
  copies: 1,
};

/**
 * https://cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll
 * https://cloud.google.com/bigquery/docs/troubleshoot-quotas: an exceeded quota is a 403, and only its reason tells it from
 * missing rights.
 */
const bigquery: Vendor = {
  name: 'BigQuery',
  handlerOf(url) {
    const client = new BigQuery({ projectId: 'p', apiEndpoint: url, autoRetry: false });
    return addToBigQuery(client.dataset('showpad').table('events'));
  },
  accept({ method, path, body }, kept, { id }) {
    expectEqual(
      [method, path],
      ['POST', '/bigquery/v2/projects/p/datasets/showpad/tables/events/insertAll?prettyPrint=false'],
    );
    for (const { insertId, json } of body.rows) {
      expectEqual([insertId, json.event_id], [id, id]);
      kept.set(insertId, json);
    }
    return { status: 200, body: { kind: 'bigquery#tableDataInsertAllResponse' } };
  },
  temporary: [
    { status: 503, body: googleError(503, 'backendError') },
    { status: 200, body: { insertErrors: [{ index: 0, errors: [{ reason: 'timeout', message: '' }] }] } },
  ],
  limited: { status: 403, body: googleError(403, 'quotaExceeded') },
  permanent: {
    status: 200,
    body: { insertErrors: [{ index: 0, errors: [{ reason: 'invalid', message: 'no such field: time' }] }] },
  },
  waitMs: 30_000,
  copies: 1,
};

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const eventbridge: Vendor = {
  name: 'EventBridge',
  handlerOf(url) {
    const credentials = { accessKeyId: 'an-id', secretAccessKey: 'a-secret' };
    const client = new EventBridgeClient({ endpoint: url, region: 'eu-west-1', credentials, maxAttempts: 1 });
    return putOnEventBridge(client, 'showpad');
  },
  accept({ headers, body }, kept, { id, type }) {
    expectEqual(headers['x-amz-target'], 'AWSEvents.PutEvents');
    const [entry] = body.Entries;
    const detail = JSON.parse(entry.Detail);
    expectEqual(
      [entry.EventBusName, entry.DetailType, detail.specversion, detail.id],
      ['showpad', type, '1.0', id],
    );
    kept.set(`event ${kept.size}`, detail);
    return { status: 200, body: { FailedEntryCount: 0, Entries: [{ EventId: '1' }] } };
  },
  temporary: [
    { status: 200, body: { FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure' }] } },
    { status: 500, body: { __type: 'InternalException' } },
  ],
  limited: { status: 400, body: { __type: 'ThrottlingException', message: 'Rate exceeded' } },
  permanent: {
    status: 200,
    body: {
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: 'MalformedDetail', ErrorMessage: 'kent.cook@showpad.com' }],
    },
  },
  waitMs: 0, // It names no time, so the inbox waits as after any failure.
  copies: 2,
};

export const VENDORS: readonly Vendor[] = [
  hubspot,
  salesforce,
  marketo,
  slack,
  teams,
  segment,
  bigquery,
  eventbridge,
];

const NOW = '2026-01-15T12:00:00Z';

function googleError(code: number, reason: string): object {
  return {
    error: { code, message: 'kent.cook@showpad.com', errors: [{ reason, message: 'kent.cook@showpad.com' }] },
  };
}

function expectEqual(actual: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== other) throw new Error(`The request has ${one} instead of ${other}.`);
}
