import type { QueryReader } from '../aws/query-reader.js';
import { instant, items, tagSet, type XmlElement } from '../aws/xml.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import type { Ec2Action } from './action.js';
import { filterOf } from './filters.js';
import type { LaunchTemplate, TemplateReference, TemplateVersion } from './launch-templates.js';
import { tagsFor } from './launcher.js';
import { maxResults, pageOf, startOf, writeToken } from './paging.js';

function referenceOf(request: QueryReader): TemplateReference {
  return { id: request.text('LaunchTemplateId'), name: request.text('LaunchTemplateName') };
}

function templateXml(region: SimulatedRegion, template: LaunchTemplate): XmlElement {
  return {
    launchTemplateId: template.id,
    launchTemplateName: template.name,
    createTime: instant(template.createdAtMs),
    createdBy: `arn:aws:iam::${region.account}:user/simulator`,
    defaultVersionNumber: template.defaultVersion,
    latestVersionNumber: template.versions.at(-1)?.number,
    tagSet: tagSet(template.tags),
  };
}

function versionXml(template: LaunchTemplate, version: TemplateVersion): XmlElement {
  const { data } = version;
  const profile = data.child('IamInstanceProfile');
  return {
    launchTemplateId: template.id,
    launchTemplateName: template.name,
    versionNumber: version.number,
    createTime: instant(version.createdAtMs),
    defaultVersion: version.number === template.defaultVersion,
    launchTemplateData: {
      imageId: data.text('ImageId'),
      instanceType: data.text('InstanceType'),
      keyName: data.text('KeyName'),
      userData: data.text('UserData'),
      iamInstanceProfile: data.has('IamInstanceProfile')
        ? { arn: profile.text('Arn'), name: profile.text('Name') }
        : undefined,
      securityGroupIdSet: items(data.texts('SecurityGroupId')),
    },
  };
}

export const createLaunchTemplate: Ec2Action = (request, region) => {
  const template = region.templates.create({
    name: request.required('LaunchTemplateName'),
    data: request.child('LaunchTemplateData'),
    tags: tagsFor(request, 'launch-template'),
    clientToken: request.text('ClientToken'),
  });
  return { launchTemplate: templateXml(region, template) };
};

/** With `SourceVersion`, the new version keeps what the request does not set. */
export const createLaunchTemplateVersion: Ec2Action = (request, region) => {
  const reference = referenceOf(request);
  const template = region.templates.find(reference);
  const given = request.child('LaunchTemplateData');
  const source = request.text('SourceVersion');
  const data =
    source === undefined
      ? given
      : given.over(region.templates.version({ ...reference, version: source }).data);
  const version = region.idempotency.once(
    {
      scope: `CreateLaunchTemplateVersion|${template.id}`,
      token: request.text('ClientToken'),
      fingerprint: request.canonical(['ClientToken']),
    },
    () => region.templates.addVersion(template, data),
  );
  return { launchTemplateVersion: versionXml(template, version) };
};

export const modifyLaunchTemplate: Ec2Action = (request, region) => {
  const reference = referenceOf(request);
  const template = region.templates.find(reference);
  const wanted = request.text('SetDefaultVersion');
  if (wanted !== undefined) {
    template.defaultVersion = region.templates.version({ ...reference, version: wanted }).number;
  }
  return { launchTemplate: templateXml(region, template) };
};

export const deleteLaunchTemplate: Ec2Action = (request, region) => {
  const template = region.templates.find(referenceOf(request));
  region.templates.delete(template);
  return { launchTemplate: templateXml(region, template) };
};

export const describeLaunchTemplates: Ec2Action = (request, region) => {
  const named = [
    ...request.texts('LaunchTemplateId').map((id) => region.templates.find({ id })),
    ...request.texts('LaunchTemplateName').map((name) => region.templates.find({ name })),
  ];
  const matches = filterOf<LaunchTemplate>(
    request,
    { 'launch-template-name': (template) => [template.name] },
    (template) => template.tags,
  );
  const chosen = (named.length > 0 ? named : region.templates.all()).filter(matches);
  const page = pageOf(chosen, startOf(request), maxResults(request, { least: 1, most: 200 }));
  return {
    launchTemplates: items(page.rows.map((template) => templateXml(region, template))),
    ...(page.next === undefined ? {} : { nextToken: writeToken({ start: page.next }) }),
  };
};

export const describeLaunchTemplateVersions: Ec2Action = (request, region) => {
  const reference = referenceOf(request);
  const template = region.templates.find(reference);
  const wanted = request.texts('LaunchTemplateVersion');
  const versions =
    wanted.length === 0
      ? template.versions
      : wanted.map((version) => region.templates.version({ ...reference, version }));
  return { launchTemplateVersionSet: items(versions.map((version) => versionXml(template, version))) };
};
