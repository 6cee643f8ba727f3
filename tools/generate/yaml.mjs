const PLAIN_KEY = /^[A-Za-z_$][\w$-]*$/;

const scalar = (value) => JSON.stringify(value);
const key = (name) => (PLAIN_KEY.test(name) ? name : JSON.stringify(name));
const isEmpty = (value) => typeof value === 'object' && value !== null && Object.keys(value).length === 0;
const isNested = (value) => typeof value === 'object' && value !== null && !isEmpty(value);

function lines(value, indent) {
  const pad = '  '.repeat(indent);
  const entry = (head, item) =>
    isNested(item)
      ? [`${pad}${head}`, ...lines(item, indent + 1)]
      : [`${pad}${head} ${isEmpty(item) ? empty(item) : scalar(item)}`];
  if (Array.isArray(value)) return value.flatMap((item) => entry('-', item));
  return Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .flatMap(([name, item]) => entry(`${key(name)}:`, item));
}

const empty = (value) => (Array.isArray(value) ? '[]' : '{}');

/** Plain data as YAML; scalars are written as JSON, which YAML reads. */
export function toYaml(value) {
  return `${lines(value, 0).join('\n')}\n`;
}
