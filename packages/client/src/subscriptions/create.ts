import { ShowpadApiError } from '../error.ts';
import type { Api, CallOptions } from '../http/api.ts';
import type { Mapping } from './mapping.ts';
import { isMadeBy } from './same.ts';
import {
  CreatedSubscription,
  type NewSubscription,
  type Subscription,
  writableFields,
} from './subscription.ts';

interface CreateRequest extends CallOptions {
  readonly input: NewSubscription;
  /** Lists all subscriptions. */
  readonly list: () => Promise<readonly Subscription[]>;
}

/**
 * Creates a subscription, and never blindly twice: if a failed attempt may have worked, it looks at the list first.
 *
 * @throws ShowpadApiError `KEY_LOST`, `CREATE_UNCERTAIN`, and the codes of every call
 */
export async function createSubscription(
  api: Api,
  mapping: Mapping,
  { input, list, ...options }: CreateRequest,
): Promise<CreatedSubscription> {
  return api({
    ...options,
    method: 'POST',
    path: '/subscriptions',
    json: mapping.write(input),
    read(answer) {
      const subscription = mapping.readSubscription(answer);
      const key = mapping.readSignatureKey(answer);
      if (key === undefined) throw keyMissing(subscription);
      return new CreatedSubscription(subscription, key);
    },
    async look(failure) {
      const all = await list().catch((cause) => {
        options.signal?.throwIfAborted();
        throw uncertain(failure, cause);
      });
      const matches = all.filter((each) => isMadeBy(each, input));
      // Ids are ULIDs, which sort by time, so this is the newest.
      const [made] = matches.sort((one, other) => (one.id < other.id ? 1 : -1));
      if (made) throw responseLost(made, failure);
    },
  });
}

function responseLost(subscription: Subscription, cause: ShowpadApiError): ShowpadApiError {
  return new ShowpadApiError(
    'KEY_LOST',
    'The response to a create got lost, and the signature key with it.',
    {
      hint:
        `Subscription ${subscription.id} has the same name, types, URL and method. Showpad shows a key only once: ` +
        'unless this is an older subscription, delete it and create it again.',
      subscription,
      cause,
    },
  );
}

/** It names only the fields of the response, because one of them may be the key under another name. */
function keyMissing(subscription: Subscription): ShowpadApiError {
  const { id } = subscription;
  return new ShowpadApiError(
    'KEY_LOST',
    `Subscription ${id} was created, but the response has no signature key.`,
    {
      hint:
        `The fields of the response are ${Object.keys(subscription).join(', ')}. If one of them is the key, set ` +
        `assumptions.signatureKeyField. Then delete ${id} and create it again.`,
      subscription: { id, ...writableFields(subscription) },
    },
  );
}

function uncertain({ message }: ShowpadApiError, cause: unknown): ShowpadApiError {
  return new ShowpadApiError('CREATE_UNCERTAIN', `The subscription may have been created. ${message}`, {
    hint: 'The list of subscriptions could not be read either, see error.cause. Look at it before you create it again.',
    cause,
  });
}
