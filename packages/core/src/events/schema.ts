import type { EventMap } from './event.ts';

/**
 * The part of Standard Schema (https://standardschema.dev) that is used. Zod, Valibot, ArkType and others implement it, so
 * any of their schemas fits.
 */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly '~standard': StandardSchemaV1.Props<Input, Output>;
}

export declare namespace StandardSchemaV1 {
  export interface Props<Input = unknown, Output = Input> {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Result<Output> | Promise<Result<Output>>;
    readonly types?: Types<Input, Output> | undefined;
  }
  export interface Types<Input = unknown, Output = Input> {
    readonly input: Input;
    readonly output: Output;
  }
  export type Result<Output> = SuccessResult<Output> | FailureResult;
  export interface SuccessResult<Output> {
    readonly value: Output;
    readonly issues?: undefined;
  }
  export interface FailureResult {
    readonly issues: readonly Issue[];
  }
  export interface Issue {
    readonly message: string;
    readonly path?: readonly (PropertyKey | PathSegment)[] | undefined;
  }
  export interface PathSegment {
    readonly key: PropertyKey;
  }
  export type InferOutput<Schema extends StandardSchemaV1> = NonNullable<
    Schema['~standard']['types']
  >['output'];
}

/** Schemas of the `data` of events, by event type. */
export type EventSchemas = Readonly<Record<string, StandardSchemaV1>>;

/** Schemas for some types of a map. The output of each must be what the map says. */
export type SchemasOf<Events extends EventMap> = {
  readonly [Type in keyof Events]?: StandardSchemaV1<unknown, Events[Type]>;
};

/** The map of events, in which the outputs of the schemas add types or replace them. */
export type WithSchemas<Events extends EventMap, Schemas> =
  SchemasOf<Events> extends Schemas
    ? Events // There are no schemas, or the map already says what they put out.
    : string extends keyof Schemas
      ? Events // The schemas are not known to TypeScript, only at run time.
      : Omit<Events, keyof Schemas> & { [Type in keyof Schemas]: OutputOf<Schemas[Type]> };

type OutputOf<Schema> = Schema extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<Schema> : never;
