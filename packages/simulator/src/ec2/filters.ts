import { awsError } from '../aws/aws-error.js';
import type { QueryReader } from '../aws/query-reader.js';

/** What a filter of this name looks at; undefined when there is no such filter. */
export type FilterFields<Subject> = Readonly<Record<string, (subject: Subject) => readonly string[]>>;

function pattern(value: string): RegExp {
  const escaped = value
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${escaped}$`, 's');
}

/**
 * The test that a request's `Filter.N` list stands for: all filters must match, each by any of its values;
 * `*` and `?` are wildcards.
 */
export function filterOf<Subject>(
  request: QueryReader,
  fields: FilterFields<Subject>,
  tagsOf?: (subject: Subject) => ReadonlyMap<string, string>,
): (subject: Subject) => boolean {
  const tests = request.children('Filter').map((filter) => {
    const name = filter.required('Name');
    const patterns = filter.texts('Value').map(pattern);
    const read = fieldOf(name, fields, tagsOf);
    return (subject: Subject): boolean =>
      read(subject).some((value) => patterns.some((candidate) => candidate.test(value)));
  });
  return (subject) => tests.every((test) => test(subject));
}

function fieldOf<Subject>(
  name: string,
  fields: FilterFields<Subject>,
  tagsOf: ((subject: Subject) => ReadonlyMap<string, string>) | undefined,
): (subject: Subject) => readonly string[] {
  const field = fields[name];
  if (field !== undefined) return field;
  if (tagsOf !== undefined && name === 'tag-key') return (subject) => [...tagsOf(subject).keys()];
  if (tagsOf !== undefined && name.startsWith('tag:')) {
    const key = name.slice('tag:'.length);
    return (subject) => {
      const value = tagsOf(subject).get(key);
      return value === undefined ? [] : [value];
    };
  }
  throw awsError('InvalidParameterValue', `The filter '${name}' is invalid`);
}
