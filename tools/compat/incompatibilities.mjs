/** Words about a value, not limits on it. */
const ANNOTATIONS = new Set(['$schema', '$id', 'title', 'description', 'examples', 'default', 'deprecated']);
const COMPARED_DEEPLY = new Set([
  'properties',
  'required',
  'items',
  'anyOf',
  'oneOf',
  '$defs',
  'enum',
  'type',
]);

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const list = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

function ofTypes(before, after, at) {
  if (same([...list(before.type)].sort(), [...list(after.type)].sort())) return [];
  return [
    `${at}: type ${list(before.type).join('|') || 'any'} became ${list(after.type).join('|') || 'any'}`,
  ];
}

function ofEnum(before, after, at) {
  const [old, now] = [list(before.enum), list(after.enum)];
  const gone = old.filter((value) => !now.includes(value));
  const added = now.filter((value) => !old.includes(value));
  return [
    ...gone.map((value) => `${at}: value ${JSON.stringify(value)} was removed`),
    ...added.map(
      (value) => `${at}: value ${JSON.stringify(value)} was added, which readers of this version do not know`,
    ),
  ];
}

function ofLimits(before, after, at) {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names]
    .filter((name) => !ANNOTATIONS.has(name) && !COMPARED_DEEPLY.has(name))
    .filter((name) => !same(before[name], after[name]))
    .map((name) => `${at}: ${name} ${JSON.stringify(before[name])} became ${JSON.stringify(after[name])}`);
}

function ofProperties(before, after, at) {
  const [old, now] = [before.properties ?? {}, after.properties ?? {}];
  const [oldRequired, nowRequired] = [list(before.required), list(after.required)];
  return [
    ...Object.keys(old).flatMap((name) =>
      now[name] === undefined
        ? [`${at}.${name}: was removed`]
        : incompatibilities(old[name], now[name], `${at}.${name}`),
    ),
    ...nowRequired
      .filter((name) => !oldRequired.includes(name))
      .map((name) => `${at}.${name}: ${old[name] === undefined ? 'is new and required' : 'became required'}`),
    ...oldRequired
      .filter((name) => !nowRequired.includes(name) && now[name] !== undefined)
      .map((name) => `${at}.${name}: is no longer always there`),
  ];
}

function ofAlternatives(before, after, at, keyword) {
  const [old, now] = [list(before[keyword]), list(after[keyword])];
  if (old.length !== now.length) return [`${at}: has ${now.length} alternatives instead of ${old.length}`];
  return old.flatMap((schema, index) => incompatibilities(schema, now[index], `${at}(${index + 1})`));
}

/**
 * What makes a reader or a writer of the old schema fail with the new one. Only new optional properties and
 * changes of wording are compatible; everything else needs a new version of the event.
 * @returns {string[]} empty when compatible
 */
export function incompatibilities(before, after, at = 'event') {
  if (same(before, after)) return [];
  const definitions = { properties: before.$defs ?? {} };
  return [
    ...ofTypes(before, after, at),
    ...ofEnum(before, after, at),
    ...ofLimits(before, after, at),
    ...ofProperties(before, after, at),
    ...ofAlternatives(before, after, at, 'anyOf'),
    ...ofAlternatives(before, after, at, 'oneOf'),
    ...(before.items === undefined || after.items === undefined
      ? same(before.items, after.items)
        ? []
        : [`${at}[]: items changed`]
      : incompatibilities(before.items, after.items, `${at}[]`)),
    ...ofProperties(definitions, { properties: after.$defs ?? {} }, `${at}#`),
  ];
}
