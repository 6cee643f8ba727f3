import { awsError } from './aws-error.js';

interface QueryNode {
  value?: string;
  readonly children: Map<string, QueryNode>;
}

function emptyNode(): QueryNode {
  return { children: new Map() };
}

function treeOf(parameters: Iterable<readonly [string, string]>): QueryNode {
  const root = emptyNode();
  for (const [name, value] of parameters) {
    let node = root;
    for (const part of name.split('.')) {
      const next = node.children.get(part) ?? emptyNode();
      node.children.set(part, next);
      node = next;
    }
    node.value = value;
  }
  return root;
}

/** Reads the nested parameters of the EC2 Query protocol, for example `Filter.1.Value.2=running`. */
export class QueryReader {
  private constructor(private readonly node: QueryNode) {}

  static parse(form: string): QueryReader {
    return new QueryReader(treeOf(new URLSearchParams(form)));
  }

  static empty(): QueryReader {
    return new QueryReader(emptyNode());
  }

  has(name: string): boolean {
    return this.node.children.has(name);
  }

  text(name: string): string | undefined {
    return this.node.children.get(name)?.value;
  }

  required(name: string): string {
    const text = this.text(name);
    if (text === undefined || text === '') {
      throw awsError('MissingParameter', `The request must contain the parameter ${name}`);
    }
    return text;
  }

  integer(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (!/^-?\d+$/.test(text)) {
      throw awsError(
        'InvalidParameterValue',
        `Invalid value '${text}' for ${name}. It must be a whole number.`,
      );
    }
    return Number(text);
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const number = Number(text);
    if (!Number.isFinite(number))
      throw awsError('InvalidParameterValue', `Invalid value '${text}' for ${name}.`);
    return number;
  }

  flag(name: string): boolean | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : text === 'true';
  }

  timeMs(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const atMs = Date.parse(text);
    if (Number.isNaN(atMs)) throw awsError('InvalidParameterValue', `Invalid time '${text}' for ${name}.`);
    return atMs;
  }

  child(name: string): QueryReader {
    return new QueryReader(this.node.children.get(name) ?? emptyNode());
  }

  /** The members `name.1`, `name.2`, … in order. */
  children(name: string): QueryReader[] {
    return this.#members(name).map((node) => new QueryReader(node));
  }

  texts(name: string): string[] {
    return this.#members(name).flatMap((node) => (node.value === undefined ? [] : [node.value]));
  }

  /** All parameters as one text that does not depend on their order; `except` leaves out whole branches. */
  canonical(except: readonly string[]): string {
    const lines: string[] = [];
    const visit = (node: QueryNode, path: string): void => {
      if (except.includes(path)) return;
      if (node.value !== undefined) lines.push(`${path}=${node.value}`);
      for (const [name, child] of node.children) visit(child, path === '' ? name : `${path}.${name}`);
    };
    visit(this.node, '');
    return lines.sort().join('\n');
  }

  /** This reader's parameters, with those of `base` for names that are missing here. */
  over(base: QueryReader): QueryReader {
    const children = new Map(base.node.children);
    for (const [name, child] of this.node.children) children.set(name, child);
    return new QueryReader({ children });
  }

  #members(name: string): QueryNode[] {
    const members = this.node.children.get(name)?.children ?? new Map<string, QueryNode>();
    return [...members]
      .filter(([index]) => /^\d+$/.test(index))
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([, node]) => node);
  }
}
