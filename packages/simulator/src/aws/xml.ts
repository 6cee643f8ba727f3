import { XMLBuilder } from 'fast-xml-parser';

export type XmlValue =
  string | number | boolean | undefined | readonly XmlValue[] | { readonly [name: string]: XmlValue };
export type XmlElement = Readonly<Record<string, XmlValue>>;

const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  suppressEmptyNode: false,
});

/** What the builder takes: without undefined members, and with numbers and booleans as text. */
type Plain = string | Plain[] | { [name: string]: Plain };

function plain(value: Exclude<XmlValue, undefined>): Plain {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (isList(value)) return value.filter((one) => one !== undefined).map(plain);
  const result: { [name: string]: Plain } = {};
  for (const [name, member] of Object.entries(value)) if (member !== undefined) result[name] = plain(member);
  return result;
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value);
}

export function toXml(root: string, namespace: string | undefined, content: XmlElement): string {
  const attributes = namespace === undefined ? {} : { '@xmlns': namespace };
  const body: string = builder.build({
    [root]: { ...attributes, ...(plain(content) as Record<string, Plain>) },
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body}`;
}

/** A list as the Query protocol writes it: `<name><item>…</item>…</name>`. */
export function items(members: readonly XmlValue[]): XmlElement {
  return members.length === 0 ? {} : { item: members };
}

export function instant(atMs: number): string {
  return new Date(atMs).toISOString();
}

export function tagSet(tags: ReadonlyMap<string, string>): XmlElement {
  return items([...tags].map(([key, value]) => ({ key, value })));
}
