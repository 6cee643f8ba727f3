import { awsError } from '../aws/aws-error.js';
import type { QueryReader } from '../aws/query-reader.js';
import { items } from '../aws/xml.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import type { Ec2Action } from './action.js';
import { filterOf } from './filters.js';
import { instancesByIds, visibleInstances } from './find-instances.js';
import { maxResults, pageOf, startOf, writeToken } from './paging.js';

const MOST_TAGS = 50;

interface TagRow {
  readonly resourceId: string;
  readonly resourceType: string;
  readonly key: string;
  readonly value: string;
}

function taggedById(region: SimulatedRegion, operation: string, id: string): Map<string, string> {
  if (id.startsWith('i-')) {
    const [instance] = instancesByIds(region, operation, [id]);
    if (instance !== undefined) return instance.tags;
  }
  const address = region.addresses.all().find(({ allocationId }) => allocationId === id);
  const template = region.templates.all().find((candidate) => candidate.id === id);
  const tags = address?.tags ?? template?.tags;
  if (tags !== undefined) return tags;
  throw awsError('InvalidID', `The ID '${id}' is not valid`);
}

function targetsOf(request: QueryReader, region: SimulatedRegion, operation: string): Map<string, string>[] {
  const ids = request.texts('ResourceId');
  if (ids.length === 0)
    throw awsError('MissingParameter', 'The request must contain the parameter ResourceId');
  return ids.map((id) => taggedById(region, operation, id));
}

/** All or nothing: one unknown resource and none is tagged. */
export const createTags: Ec2Action = (request, region) => {
  const targets = targetsOf(request, region, 'CreateTags');
  const tags = request.children('Tag').map((tag) => [tag.required('Key'), tag.text('Value') ?? ''] as const);
  if (tags.length === 0) throw awsError('MissingParameter', 'The request must contain the parameter Tag');
  if (tags.some(([key]) => key.startsWith('aws:'))) {
    throw awsError('InvalidParameterValue', "Tag keys starting with 'aws:' are reserved for internal use");
  }
  for (const target of targets) {
    if (new Set([...target.keys(), ...tags.map(([key]) => key)]).size > MOST_TAGS) {
      throw awsError('TagLimitExceeded', 'The maximum number of Tags for a resource has been reached.');
    }
  }
  for (const target of targets) for (const [key, value] of tags) target.set(key, value);
  return { return: true };
};

/** A tag given with a value is deleted only where it has that value; no tags at all deletes every own tag. */
export const deleteTags: Ec2Action = (request, region) => {
  const targets = targetsOf(request, region, 'DeleteTags');
  const tags = request.children('Tag');
  for (const target of targets) {
    const keys =
      tags.length === 0
        ? [...target.keys()].map((key) => ({ key, value: undefined }))
        : tags.map((tag) => ({ key: tag.required('Key'), value: tag.text('Value') }));
    for (const { key, value } of keys) {
      if (!key.startsWith('aws:') && (value === undefined || target.get(key) === value)) target.delete(key);
    }
  }
  return { return: true };
};

function allTags(region: SimulatedRegion): TagRow[] {
  const resources = [
    ...visibleInstances(region, 'DescribeTags').map((one) => ({
      id: one.id,
      type: 'instance',
      tags: one.tags,
    })),
    ...region.addresses.all().map((one) => ({ id: one.allocationId, type: 'elastic-ip', tags: one.tags })),
    ...region.templates.all().map((one) => ({ id: one.id, type: 'launch-template', tags: one.tags })),
  ];
  return resources.flatMap(({ id, type, tags }) =>
    [...tags].map(([key, value]) => ({ resourceId: id, resourceType: type, key, value })),
  );
}

export const describeTags: Ec2Action = (request, region) => {
  const matches = filterOf<TagRow>(
    request,
    {
      'resource-id': (row) => [row.resourceId],
      'resource-type': (row) => [row.resourceType],
      key: (row) => [row.key],
      value: (row) => [row.value],
    },
    (row) => new Map([[row.key, row.value]]),
  );
  const page = pageOf(
    allTags(region).filter(matches),
    startOf(request),
    maxResults(request, { least: 5, most: 1000 }),
  );
  return {
    tagSet: items(page.rows.map((row) => ({ ...row }))),
    ...(page.next === undefined ? {} : { nextToken: writeToken({ start: page.next }) }),
  };
};
