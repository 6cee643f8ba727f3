import { expect, test } from '@jest/globals';
import { CreateTagsCommand, DeleteTagsCommand, DescribeTagsCommand } from '@aws-sdk/client-ec2';
import { failureOf, startRegion, type Setup } from '../running-simulator.contract.js';

async function tagsOf({ ec2 }: Setup, id: string): Promise<Record<string, string>> {
  const Filters = [{ Name: 'resource-id', Values: [id] }];
  const answer = await ec2.send(new DescribeTagsCommand({ Filters }));
  return Object.fromEntries((answer.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
}

test('tags are set, overwritten and deleted', async () => {
  const setup = await startRegion();
  const { InstanceId = '' } = await setup.launch();
  const Resources = [InstanceId];
  await setup.ec2.send(
    new CreateTagsCommand({
      Resources,
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    }),
  );
  await setup.ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key: 'a', Value: '3' }] }));
  expect(await tagsOf(setup, InstanceId)).toEqual({ a: '3', b: '2' });
  await setup.ec2.send(
    new DeleteTagsCommand({ Resources, Tags: [{ Key: 'a', Value: 'other' }, { Key: 'b' }] }),
  );
  expect(await tagsOf(setup, InstanceId)).toEqual({ a: '3' });
});

test('one unknown resource and none is tagged; reserved keys and a 51st tag are refused', async () => {
  const setup = await startRegion();
  const { InstanceId = '' } = await setup.launch();
  const tag = (Resources: string[], keys: string[]): Promise<unknown> =>
    setup.ec2.send(new CreateTagsCommand({ Resources, Tags: keys.map((Key) => ({ Key, Value: '' })) }));
  const unknown = tag([InstanceId, 'i-0123456789abcdef0'], ['a']);
  expect((await failureOf(unknown)).code).toBe('InvalidInstanceID.NotFound');
  expect((await failureOf(tag([InstanceId], ['aws:x']))).code).toBe('InvalidParameterValue');
  const many = Array.from({ length: 51 }, (_, index) => `k${index}`);
  expect((await failureOf(tag([InstanceId], many))).code).toBe('TagLimitExceeded');
  expect(await tagsOf(setup, InstanceId)).toEqual({});
});
