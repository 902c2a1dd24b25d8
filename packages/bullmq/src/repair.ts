/** The fields of a job that BullMQ parses, and what each is replaced by if it cannot be parsed. */
const REPLACEMENTS: Readonly<Record<string, string>> = {
  data: '',
  opts: '{}',
  progress: '0',
  parent: 'null',
};

/** What is stored as the data of a job with a field that could not be parsed. */
export interface UnreadableData {
  readonly unreadable: string;
  /** The texts of the fields as they were found, in case somebody can use them. */
  readonly found: Readonly<Record<string, string>>;
}

type Fields = Readonly<Record<string, string>>;

/**
 * BullMQ throws if it reads a job with a field that is no JSON, and it would meet the job again and again. So such a field is
 * replaced, and the data of the job says why.
 *
 * @returns the fields to change, or undefined if all can be read.
 */
export function repairFields(fields: Fields): Fields | undefined {
  const broken = Object.keys(REPLACEMENTS).filter(
    (field) => fields[field] && !isReadable(field, fields[field]),
  );
  if (broken.length === 0) return undefined;
  const changed = Object.fromEntries(broken.map((field) => [field, REPLACEMENTS[field] ?? '']));
  const found = Object.fromEntries(['data', ...broken].map((field) => [field, fields[field] ?? '']));
  const data: UnreadableData = { unreadable: `It has a broken ${broken.join(' and ')}.`, found };
  return { ...changed, data: JSON.stringify(data) };
}

function isReadable(field: string, text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return field !== 'opts' || (typeof value === 'object' && value !== null);
  } catch {
    return false;
  }
}

/** The fields of a job as Redis returns them: names and values in turn. */
export function fieldsOf(flat: readonly string[]): Fields {
  const fields: Record<string, string> = {};
  for (let index = 0; index < flat.length; index += 2) fields[flat[index] ?? ''] = flat[index + 1] ?? '';
  return fields;
}
