const GROUPS = ['dependencies', 'devDependencies', 'optionalDependencies'];
const EXACT = /^(npm:[^@]+@|npm:@[^@]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/;

const dependenciesOf = (manifest) => GROUPS.flatMap((group) => Object.entries(manifest[group] ?? {}));

function ofLock(folder, manifest, lock) {
  const locked = lock.packages[folder];
  if (locked === undefined) return [`package-lock.json does not know the workspace ${folder}`];
  return GROUPS.filter((group) => {
    const [wanted, found] = [manifest[group] ?? {}, locked[group] ?? {}];
    const names = new Set([...Object.keys(wanted), ...Object.keys(found)]);
    return [...names].some((name) => wanted[name] !== found[name]);
  }).map(
    (group) =>
      `package-lock.json has other ${group} for ${folder || 'the root'}: run npm install --package-lock-only`,
  );
}

function ofVersions(folder, manifest) {
  return dependenciesOf(manifest)
    .filter(([, version]) => !EXACT.test(version))
    .map(([name, version]) => `${folder || 'the root'} wants ${name} ${version}: give one exact version`);
}

/**
 * @param {{ manifests: Map<string, object>, lock: object, explained: ReadonlySet<string> }} given
 *   manifests by folder ('' = the root); the names that docs/dependencies.md explains
 * @returns {string[]}
 */
export function manifestProblems({ manifests, lock, explained }) {
  const own = new Set([...manifests.values()].map(({ name }) => name));
  const used = new Set();
  const problems = [];
  for (const [folder, manifest] of manifests) {
    problems.push(...ofLock(folder, manifest, lock), ...ofVersions(folder, manifest));
    for (const [name] of dependenciesOf(manifest)) if (!own.has(name)) used.add(name);
  }
  const addressed = Object.entries(lock.packages).filter(([, entry]) =>
    /^https?:/.test(entry.resolved ?? ''),
  );
  if (addressed.length > 0)
    problems.push(`package-lock.json names a registry for ${addressed[0][0]} and others`);
  for (const name of used)
    if (!explained.has(name)) problems.push(`docs/dependencies.md does not explain ${name}`);
  for (const name of explained)
    if (!used.has(name)) problems.push(`docs/dependencies.md explains ${name}, which nobody uses`);
  return problems;
}
