/** A condition of a watched inbox has begun or ended. */
export type InboxAlert = InboxAlertDetails & {
  /** Names the condition of this inbox, the same at its beginning and at its end: for tools that put the two together. */
  readonly key: string;
  readonly state: 'begun' | 'ended';
  /** Says in plain words what happened and what to do. It contains no payload. */
  readonly text: string;
  /** The name of the inbox. */
  readonly inboxName: string;
};

/** Which condition it is, and what was measured when it was last found. */
export type InboxAlertDetails =
  | { readonly condition: 'unreachable'; readonly data: { readonly problem: string } }
  | { readonly condition: 'cannot-store'; readonly data: { readonly problem: string } }
  | { readonly condition: 'problem'; readonly data: { readonly problem: string } }
  | { readonly condition: 'dead-letters'; readonly data: { readonly deadLetters: number } }
  | { readonly condition: 'lag'; readonly data: { readonly lagMs: number } }
  | {
      readonly condition: 'silence';
      readonly data: { readonly type: string; readonly maxSilenceMs: number };
    };

export type InboxCondition = InboxAlertDetails['condition'];

/** A condition that holds at this moment. */
export type Finding = InboxAlertDetails & {
  /** Tells two findings of one condition apart. */
  readonly subject: string;
  readonly begunText: string;
  readonly endedText: string;
};
