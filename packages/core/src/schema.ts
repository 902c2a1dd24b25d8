/**
 * What this package uses of Standard Schema (https://standardschema.dev), the interface that Zod, Valibot,
 * ArkType and others implement: any of their schemas will do.
 */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Event types to the schema of their `data`. */
export type EventSchemas = Readonly<Record<string, StandardSchemaV1>>;

/** The map of events with the types that schemas put out in place of its own. */
export type WithSchemas<Events extends object, Schemas extends EventSchemas> = [keyof Schemas] extends [never]
  ? Events
  : string extends keyof Schemas
    ? Events
    : { [Type in keyof Events as Type extends keyof Schemas ? never : Type]: Events[Type] } & {
        [Type in keyof Schemas]: OutputOf<Schemas[Type]>;
      };

type OutputOf<Schema extends StandardSchemaV1> = NonNullable<Schema['~standard']['types']>['output'];
