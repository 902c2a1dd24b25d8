/** An event as it is written in JSON. */
export interface EventJson<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly specversion?: string | number | undefined;
  readonly id: string;
  readonly time?: string | undefined;
  readonly data: Data;
}
