// An older CommonJS app writes this. Its resolution knows no "exports", and its target no `Error.cause`. It is not strict.
import 'reflect-metadata';
import { createReceiver, type ShowpadWebhookError } from '@showpad-webhooks/core';
import { explainMismatch } from '@showpad-webhooks/core/explain';
import { createStoreInbox } from '@showpad-webhooks/core/inbox';
import { createNodeHandler } from '@showpad-webhooks/core/node';
import { sampleContext, sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';
import { signedDelivery as signedForExpress } from '@showpad-webhooks/express/testing';
import { signedDelivery as signedForKoa } from '@showpad-webhooks/koa/testing';
import { type EventOf, OnShowpadEvent, type ShowpadEventMap } from '@showpad-webhooks/nestjs';
import { signedDelivery as signedForNest } from '@showpad-webhooks/nestjs/testing';

export const email: string = sampleEvent('shared-space-user-added').data.invitee.email;
// @ts-expect-error an email is not a number, so the subpaths have types and are not any
export const wrong: number = sampleEvent('shared-space-user-added').data.invitee.email;
export const attempt: number = sampleContext().attempt;
export const causeOf = (error: ShowpadWebhookError): unknown => error.cause;
export const functions = [createReceiver, explainMismatch, createStoreInbox, createNodeHandler];
export const signers = [signedDelivery, signedForExpress, signedForKoa, signedForNest];

export class Handlers {
  // @ts-expect-error the method takes only one of the two
  @OnShowpadEvent(['shared-space-user-added', 'shared-space-created'])
  one(event: EventOf<ShowpadEventMap, 'shared-space-created'>): string {
    return event.id;
  }
}
