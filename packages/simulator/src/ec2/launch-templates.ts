import type { Clock, Ids } from '@spotopt/kernel';
import { awsError } from '../aws/aws-error.js';
import type { QueryReader } from '../aws/query-reader.js';
import { hexId } from '../region/zones.js';

export interface TemplateVersion {
  readonly number: number;
  readonly data: QueryReader;
  readonly createdAtMs: number;
}

export interface LaunchTemplate {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly tags: Map<string, string>;
  readonly versions: TemplateVersion[];
  readonly clientToken: string | undefined;
  defaultVersion: number;
}

export interface TemplateReference {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
}

interface NewTemplate {
  readonly name: string;
  readonly data: QueryReader;
  readonly tags: ReadonlyMap<string, string>;
  readonly clientToken: string | undefined;
}

export class LaunchTemplates {
  readonly #byId = new Map<string, LaunchTemplate>();

  constructor(
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  all(): LaunchTemplate[] {
    return [...this.#byId.values()];
  }

  create(template: NewTemplate): LaunchTemplate {
    const known = this.all().find((other) => other.name === template.name);
    if (known !== undefined) {
      if (template.clientToken !== undefined && known.clientToken === template.clientToken) return known;
      const message = `Launch template name already in use: ${template.name}`;
      throw awsError('InvalidLaunchTemplateName.AlreadyExistsException', message);
    }
    const createdAtMs = this.clock.nowMs();
    const created: LaunchTemplate = {
      id: hexId('lt', this.ids.next()),
      name: template.name,
      createdAtMs,
      tags: new Map(template.tags),
      versions: [{ number: 1, data: template.data, createdAtMs }],
      clientToken: template.clientToken,
      defaultVersion: 1,
    };
    this.#byId.set(created.id, created);
    return created;
  }

  addVersion(template: LaunchTemplate, data: QueryReader): TemplateVersion {
    const version = { number: template.versions.length + 1, data, createdAtMs: this.clock.nowMs() };
    template.versions.push(version);
    return version;
  }

  delete(template: LaunchTemplate): void {
    this.#byId.delete(template.id);
  }

  find({ id, name }: TemplateReference): LaunchTemplate {
    const found = this.all().find((template) =>
      id === undefined ? template.name === name : template.id === id,
    );
    if (found !== undefined) return found;
    if (id !== undefined) {
      const message = `The specified launch template, with template ID ${id}, does not exist.`;
      throw awsError('InvalidLaunchTemplateId.NotFound', message);
    }
    const message = `The specified launch template, with template name ${name ?? ''}, does not exist.`;
    throw awsError('InvalidLaunchTemplateName.NotFoundException', message);
  }

  version(reference: TemplateReference): TemplateVersion {
    const template = this.find(reference);
    const wanted = reference.version ?? '$Default';
    const latest = template.versions.at(-1)?.number ?? 1;
    const number =
      wanted === '$Latest' ? latest : wanted === '$Default' ? template.defaultVersion : Number(wanted);
    const version = template.versions.find((candidate) => candidate.number === number);
    if (version === undefined) {
      const message = `Could not find the specified version ${wanted} for the launch template with ID ${template.id}.`;
      throw awsError('InvalidLaunchTemplateId.VersionNotFound', message);
    }
    return version;
  }
}
