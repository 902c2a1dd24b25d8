const LINGER_MS = 1_000;

/**
 * Cancels what is left of an upload when the response is out. It cannot be cancelled before: then some servers, such as
 * SvelteKit's, close the connection at once, and the sender never sees the response.
 */
export function cancelLater(upload: { cancel(): Promise<void> }): void {
  setTimeout(() => {
    upload.cancel().catch(() => {}); // It changes nothing if the server has read or cancelled the rest itself.
  }, LINGER_MS);
}
