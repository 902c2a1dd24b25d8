import { useAction } from '@showpad-webhooks/ui/parts/action.ts';
import { Snippet } from '@showpad-webhooks/ui/parts/code.tsx';
import { DeleteButton } from '@showpad-webhooks/ui/parts/delete-button.tsx';
import { Dialog } from '@showpad-webhooks/ui/parts/dialog.tsx';
import { Problem } from '@showpad-webhooks/ui/parts/problem.tsx';
import { formatDateTime } from '@showpad-webhooks/ui/state/format.ts';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { EmptyState } from '../parts/empty-state.tsx';
import { request } from '../state/api.ts';
import { tokenCommand } from '../state/commands.ts';
import { refreshTokens } from '../state/live.ts';
import { useNow } from '../state/now.ts';
import type { Token } from '../state/resources.ts';
import { useStore } from '../state/store.ts';

const KINDS: Readonly<Record<Token['kind'], string>> = {
  access: 'Access token',
  refresh: 'Refresh token',
  code: 'Authorization code',
};

interface MadeToken {
  readonly accessToken: string;
}

/** Bearer tokens for the subscriptions API. After a token was shown once, it is masked. */
export function TokensScreen(): VNode {
  const tokens = useStore('tokens');
  const now = useNow();
  const [made, setMade] = useState<MadeToken>();
  const { isRunning, error, run } = useAction();
  const { error: loadError, run: load } = useAction();
  // Tokens expire without a message to the page.
  useEffect(() => void load(refreshTokens), []);

  const make = () =>
    run(async () => {
      setMade(await request<MadeToken>('POST', '/tokens', {}));
      await refreshTokens();
    });

  return (
    <>
      <div class="tools">
        <button type="button" class="primary" disabled={isRunning} onClick={make}>
          Create an access token
        </button>
      </div>
      <Problem error={error ?? loadError} />
      <p class="muted">
        Every token of the subscriptions API, also the one that the terminal shows at the start. Only the last
        four characters are shown.
      </p>
      {tokens.length === 0 ? (
        <EmptyState title="No tokens yet" command={tokenCommand()}>
          <p>The subscriptions API needs a bearer token. This page does not.</p>
        </EmptyState>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Token</th>
              <th scope="col">Kind</th>
              <th scope="col">Expires</th>
            </tr>
          </thead>
          <tbody>
            {tokens.map(({ id, masked, kind, expiresAt }) => (
              <tr key={id}>
                <th scope="row" class="mono">
                  {masked}
                </th>
                <td data-label="Kind">{KINDS[kind]}</td>
                <td data-label="Expires">
                  {expiresAt === null ? 'never' : formatDateTime(expiresAt)}
                  {expiresAt !== null && expiresAt <= now && ' (expired)'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {tokens.length > 0 && (
        <div class="tools below">
          <DeleteButton
            title="Revoke all tokens"
            label="Revoke all"
            onDelete={async () => {
              await request('DELETE', '/tokens');
              await refreshTokens();
            }}
          >
            Every client has to log in again. Use this to test that yours does.
          </DeleteButton>
        </div>
      )}
      {made && (
        <Dialog title="Access token" onClose={() => setMade(undefined)} isSticky>
          <p>
            <strong>Copy it now. It is shown only once.</strong>
          </p>
          <Snippet label="Access token" text={made.accessToken} />
          <Snippet label="List the subscriptions" text={tokenCommand(made.accessToken)} />
          <footer>
            <button type="button" class="primary" onClick={() => setMade(undefined)}>
              I have copied it
            </button>
          </footer>
        </Dialog>
      )}
    </>
  );
}
