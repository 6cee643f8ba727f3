/** Answers of several sources, some of which may be away. */
export interface Answers<Sources extends Readonly<Record<string, Promise<unknown>>>> {
  readonly values: { readonly [Name in keyof Sources]: Awaited<Sources[Name]> | undefined };
  /** Sources that did not answer. */
  readonly missing: string[];
}

/** Waits for every source; one that fails is named instead of failing the rest. */
export async function askAll<Sources extends Readonly<Record<string, Promise<unknown>>>>(
  sources: Sources,
): Promise<Answers<Sources>> {
  const missing: string[] = [];
  const entries = await Promise.all(
    Object.entries(sources).map(async ([name, source]) => {
      try {
        return [name, await source] as const;
      } catch {
        missing.push(name);
        return [name, undefined] as const;
      }
    }),
  );
  return { values: Object.fromEntries(entries) as Answers<Sources>['values'], missing: missing.sort() };
}
