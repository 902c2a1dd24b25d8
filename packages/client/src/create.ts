import type { Api, CallOptions } from './api.ts';
import type { Mapping } from './assumptions.ts';
import { clientError, type ShowpadApiError } from './error.ts';
import { isMadeBy } from './same.ts';
import {
  CreatedSubscription,
  type NewSubscription,
  type Subscription,
  writableFields,
} from './subscription.ts';

interface CreateRequest extends CallOptions {
  readonly input: NewSubscription;
  /** All there are. */
  readonly list: () => Promise<readonly Subscription[]>;
}

/**
 * Creates a subscription, and never blindly twice: after a failure that may have come too late it looks first.
 *
 * @throws ShowpadApiError `KEY_LOST`, `CREATE_UNCERTAIN`, and those of any call
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
      const alike = all.filter((each) => isMadeBy(each, input));
      // The newest: ids are ULIDs, which sort by time.
      const [made] = alike.sort((one, other) => (one.id < other.id ? 1 : -1));
      if (made) throw answerLost(made, failure);
    },
  });
}

const LOST = 'The signature key of a subscription is lost';

function answerLost(subscription: Subscription, cause: ShowpadApiError): ShowpadApiError {
  const detail =
    'The answer to the create was lost, and a subscription like it is there. Showpad shows a key once: ' +
    `delete ${subscription.id}, if it is not an older one, and create it again.`;
  return clientError('KEY_LOST', LOST, detail, { subscription, cause });
}

/** Names the fields of the answer alone: one of them may be the key, under another name. */
function keyMissing(subscription: Subscription): ShowpadApiError {
  const { id } = subscription;
  const detail =
    `The answer to the create holds no key; its fields are ${Object.keys(subscription).join(', ')}. If one of them ` +
    `is the key, set assumptions.signatureKeyKey; then delete ${id}, and create it again.`;
  return clientError('KEY_LOST', LOST, detail, { subscription: { id, ...writableFields(subscription) } });
}

function uncertain({ message }: ShowpadApiError, cause: unknown): ShowpadApiError {
  const detail = `${message} Then the list could not be read either: look there before you create it again.`;
  return clientError('CREATE_UNCERTAIN', 'Whether a subscription was created is not known', detail, {
    cause,
  });
}
