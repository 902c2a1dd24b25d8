/** What a receiver of these packages says became of a delivery. Other endpoints answer with something else. */
export interface Outcome {
  readonly outcome?: string;
  /** Why, if it failed. */
  readonly code?: string;
}

export function outcomeOf(body: string): Outcome {
  try {
    const { outcome, code } = Object(JSON.parse(body));
    if (!isWord(outcome)) return {};
    return isWord(code) ? { outcome, code } : { outcome };
  } catch {
    return {};
  }
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{1,40}$/.test(value);
}

const OUTCOMES: Readonly<Record<string, string>> = {
  handled: 'Your app handled the event.',
  ignored: 'Your app has no handler for this type, so it discarded the event.',
  duplicate: 'Your app has handled this event before, so no handler ran again.',
  queued: 'Your app has stored the event in its inbox. Its handlers run from there.',
};

/** What a response means, as Showpad documents it, and what the app says of it. */
export function meaningOf(status: number, body: string): string {
  const { outcome = '', code } = outcomeOf(body);
  const said = OUTCOMES[outcome] ?? (code ? `Your app says ${code}.` : '');
  return [showpadsMeaningOf(status), said].filter(Boolean).join(' ');
}

function showpadsMeaningOf(status: number): string {
  if (status >= 200 && status < 300) return 'Received. Showpad is done with this event.';
  if (status >= 400 && status < 500) return 'Rejected. Showpad never retries this, so the event is lost.';
  return status >= 500 ? 'Failed. Showpad retries at most three times.' : '';
}
