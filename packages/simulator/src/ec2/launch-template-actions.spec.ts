import { expect, test } from '@jest/globals';
import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
} from '@aws-sdk/client-ec2';
import { failureOf, startRegion, type Setup } from '../running-simulator.contract.js';

const LaunchTemplateName = 'workload';

function create({ ec2 }: Setup, ClientToken: string): Promise<unknown> {
  const LaunchTemplateData = { ImageId: 'ami-1', InstanceType: 't3.medium' } as const;
  return ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData, ClientToken }));
}

test('a name is taken once, and the same token again gives the same template', async () => {
  const setup = await startRegion();
  await create(setup, 'one');
  await create(setup, 'one');
  const second = await failureOf(create(setup, 'two'));
  expect(second.code).toBe('InvalidLaunchTemplateName.AlreadyExistsException');
  const answer = await setup.ec2.send(
    new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: [LaunchTemplateName] }),
  );
  expect(answer.LaunchTemplates).toMatchObject([{ LatestVersionNumber: 1, DefaultVersionNumber: 1 }]);
});

test('a new version keeps what it takes from its source; the default stays', async () => {
  const setup = await startRegion();
  await create(setup, 'one');
  await setup.ec2.send(
    new CreateLaunchTemplateVersionCommand({
      LaunchTemplateName,
      SourceVersion: '1',
      LaunchTemplateData: { ImageId: 'ami-2' },
    }),
  );
  const Versions = ['$Default', '$Latest'];
  const answer = await setup.ec2.send(
    new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName, Versions }),
  );
  const data = answer.LaunchTemplateVersions?.map((version) => version.LaunchTemplateData);
  expect(data).toMatchObject([
    { ImageId: 'ami-1', InstanceType: 't3.medium' },
    { ImageId: 'ami-2', InstanceType: 't3.medium' },
  ]);
  const launched = await setup.launch({
    ImageId: undefined,
    InstanceType: undefined,
    LaunchTemplate: { LaunchTemplateName, Version: '$Latest' },
  });
  expect(launched).toMatchObject({ ImageId: 'ami-2', InstanceType: 't3.medium' });
});

test('a deleted template is not found any more', async () => {
  const setup = await startRegion();
  await create(setup, 'one');
  await setup.ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateName }));
  const launch = setup.launch({ LaunchTemplate: { LaunchTemplateName } });
  expect((await failureOf(launch)).code).toBe('InvalidLaunchTemplateName.NotFoundException');
});
