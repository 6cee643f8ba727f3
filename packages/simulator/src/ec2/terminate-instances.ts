import { awsError } from '../aws/aws-error.js';
import { items } from '../aws/xml.js';
import type { Ec2Action } from './action.js';
import { instancesByIds } from './find-instances.js';
import { stateXml } from './instance-xml.js';

/** All or nothing; an instance that ends already stays as it is and is no error. */
export const terminateInstances: Ec2Action = (request, region) => {
  const ids = request.texts('InstanceId');
  if (ids.length === 0)
    throw awsError('MissingParameter', 'The request must contain the parameter InstanceId');
  const instances = instancesByIds(region, 'TerminateInstances', ids);
  if (instances.some((instance) => region.faults.forbidsTermination(instance.tags))) {
    throw awsError('UnauthorizedOperation', 'You are not authorized to perform this operation.', 403);
  }
  const nowMs = region.clock.nowMs();
  const changes = instances.map((instance) => {
    const previousState = stateXml(instance, nowMs);
    region.instances.end(instance, 'user', nowMs);
    return { instanceId: instance.id, currentState: stateXml(instance, nowMs), previousState };
  });
  return { instancesSet: items(changes) };
};
