import { AppError } from '@spotopt/kernel';

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

function fieldOf(issue: Issue): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  return path.length === 0 ? 'body' : path.join('.');
}

/** A request that does not fit its schema, with every field that is wrong. */
export function invalidRequest(issues: readonly Issue[]): AppError {
  const errors = issues.slice(0, 20).map((issue) => ({ field: fieldOf(issue), message: issue.message }));
  const summary = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return AppError.permanent('invalid-request', summary, { details: { errors } });
}
