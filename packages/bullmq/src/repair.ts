type Fields = Readonly<Record<string, string>>;

/** The fields of a job that BullMQ parses, and what each is replaced by if it cannot be parsed. */
const PARSED: Fields = { data: '', opts: '{}', progress: '0' };
/** The inbox uses none of these. They make BullMQ change other jobs, or fail if what they name is not there. */
const FOREIGN = ['parent', 'parentKey', 'deid', 'rjk', 'defa'];

/** What is stored as the data of a job with a field that BullMQ cannot parse. */
export interface UnreadableData {
  readonly unreadable: string;
  /** The texts of the fields as they were found, in case somebody can use them. */
  readonly found: Fields;
}

export interface Repair {
  readonly set: Fields;
  readonly remove: readonly string[];
}

/**
 * BullMQ throws if it reads a job with a field that is no JSON, and it would meet the job again and again. So such a field is
 * replaced or removed, and the data of the job says why.
 *
 * @returns undefined if nothing is wrong.
 */
export function repairOf(fields: Fields): Repair | undefined {
  const broken = Object.keys(PARSED).filter((field) => fields[field] && !isUsable(field, fields[field]));
  const remove = FOREIGN.filter((field) => fields[field] !== undefined);
  const names = [...broken, ...remove];
  if (names.length === 0) return undefined;
  const replaced = Object.fromEntries(broken.map((field) => [field, PARSED[field] ?? '']));
  const found = Object.fromEntries(['data', ...names].map((field) => [field, fields[field] ?? '']));
  const data: UnreadableData = { unreadable: `Its ${names.join(' and ')} cannot be used.`, found };
  return { set: { ...replaced, data: JSON.stringify(data) }, remove };
}

/** The fields of a job after its repair, as Redis would return them. */
export function repairedFields(fields: Fields, { set, remove }: Repair): string[] {
  const kept = Object.entries({ ...fields, ...set }).filter(([field]) => !remove.includes(field));
  return kept.flat();
}

function isUsable(field: string, text: string): boolean {
  if (!isJson(text)) return false;
  const value: unknown = JSON.parse(text);
  return field !== 'opts' || (typeof value === 'object' && value !== null);
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The fields of a job from what Redis returns: names and values in turn. */
export function fieldsOf(flat: readonly string[]): Fields {
  const fields: Record<string, string> = {};
  for (let index = 0; index < flat.length; index += 2) fields[flat[index] ?? ''] = flat[index + 1] ?? '';
  return fields;
}
