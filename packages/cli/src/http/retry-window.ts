/** How long after its first failure Showpad sends an event again (docs/showpad.md, "Delivery and retries"). */
export const RETRY_SECONDS: readonly number[] = [3, 7.5, 14.25];

/** When the last retry is sent. */
export const RETRY_WINDOW_SECONDS = 14.25;
