/** What is measured in a turn. */
export interface Pace {
  readonly events: number;
  readonly bodyBytes: number;
}
