import { describe, expect, it } from '@jest/globals';
import {
  ConsolidationFinishedV1,
  DayClosedV1,
  ModelActivatedV1,
  ModelRolledBackV1,
  PriceAlertFiredV1,
  SourcesDisagreeV1,
  createEvent,
} from '@spotopt/contracts';
import type { EventData, EventDefinition, NewEvent } from '@spotopt/contracts';
import { audienceOf } from './audience.js';
import { storyOf } from './story.js';
import type { Story } from './story.js';

const TIME = '2026-11-21T12:00:00.000Z';
const POOL = 't3.medium.us-east-1a';

function told<Definition extends EventDefinition>(
  definition: Definition,
  data: NewEvent<Definition>['data'],
): { story: Story | undefined; clientId: string | null } {
  const event = createEvent(definition, { id: 'e1', time: new Date(TIME), subject: 's', data });
  return { story: storyOf(event), clientId: audienceOf(event).clientId };
}

describe('stories about prices', () => {
  it('tell a tenant that its alert fired', () => {
    const alert = { alertId: 'a1', clientId: 'c1', poolId: POOL, observedAt: TIME };
    const { story, clientId } = told(PriceAlertFiredV1, {
      ...alert,
      thresholdUsdPerHour: 0.01,
      spotUsdPerHour: 0.0095,
    });
    expect(clientId).toBe('c1');
    expect(story).toEqual({
      type: 'event',
      severity: 'info',
      title: 'Price alert',
      text: `${POOL} costs 0.0095 USD/h, at or below 0.0100`,
    });
  });

  it('warn of reporters that disagree, without waking anybody', () => {
    const { story, clientId } = told(SourcesDisagreeV1, {
      poolId: POOL,
      bucketAt: TIME,
      usedUsdPerHour: 0.01,
      usedSource: 'primary-report',
      otherUsdPerHour: 0.012,
      otherSource: 'replica-report',
      differencePercent: 20,
    });
    expect(clientId).toBeNull();
    expect(story).toMatchObject({ severity: 'warning' });
    expect(story?.title).toBeUndefined();
    expect(story?.text).toContain('differ by 20.0 %: 0.0100 (primary-report, used)');
  });

  const job: EventData<typeof ConsolidationFinishedV1> = {
    jobId: 'j1',
    type: 'reconcile',
    status: 'completed',
    rowsRead: 1,
    duplicatesRemoved: 0,
    gapsFilled: 0,
    backfillsAdded: 0,
    rowsChanged: 0,
    durationMs: 5,
    error: null,
  };

  it('tell administrators of a failed job and nobody of a completed one', () => {
    expect(told(ConsolidationFinishedV1, job).story).toBeUndefined();
    const { story, clientId } = told(ConsolidationFinishedV1, {
      ...job,
      status: 'failed',
      error: 'out of disk',
    });
    expect(clientId).toBeNull();
    expect(story).toMatchObject({ title: 'Consolidation failed', severity: 'error' });
    expect(story?.text).toContain('out of disk');
  });

  it('tell of a day that was closed again, with its sign', () => {
    const figures = {
      ...{ onDemandUsd: 1, actualUsd: 1.5, primaryUsd: 1.5, standbyUsd: 0, switchUsd: 0 },
      ...{ interruptionUsd: 0, savingsUsd: -0.5, estimatedSavingsUsd: 0, spotHours: 24 },
      ...{
        onDemandHours: 0,
        standbyHours: 0,
        filledHours: 0,
        unpricedHours: 0,
        switches: 0,
        interruptions: 0,
      },
      downtimeMs: 0,
    };
    const day = { clientId: 'c1', agentId: 'a1', day: '2026-11-20', figures, closedAt: TIME };
    expect(told(DayClosedV1, { ...day, revision: 1, previousSavingsUsd: null }).story).toBeUndefined();
    expect(told(DayClosedV1, { ...day, revision: 2, previousSavingsUsd: 0.25 }).story?.text).toBe(
      'savings of 2026-11-20 were closed again: 0.25 → -0.50 USD',
    );
  });
});

describe('stories about engines', () => {
  const engine = { engineId: 's1', kind: 'onnx' as const, name: 'risk', version: '2', sha256: 'f00d' };
  const previous = { engineId: 'builtin:hazard', kind: 'builtin' as const, name: 'hazard', version: '1' };
  const change = { engine, previous: { ...previous, sha256: null }, revision: 2 };

  it('tell administrators who decides, and warn when the system took an engine out', () => {
    const activated = { ...change, activatedBy: 'admin', activatedAt: TIME };
    const { story, clientId } = told(ModelActivatedV1, activated);
    expect(clientId).toBeNull();
    expect(story).toMatchObject({ severity: 'info', title: 'Engine activated' });
    expect(story?.text).toBe('risk 2 decides, activated by admin; before it was hazard 1');
    const rolledBack = { ...change, rolledBackBy: 'decision', rolledBackAt: TIME, reason: 'no answer' };
    const automatic = told(ModelRolledBackV1, { ...rolledBack, automatic: true }).story;
    expect(automatic).toMatchObject({ severity: 'warning', title: 'Engine rolled back' });
    expect(automatic?.text).toBe('risk 2 decides again instead of hazard 1: no answer');
    expect(told(ModelRolledBackV1, { ...rolledBack, automatic: false }).story?.severity).toBe('info');
  });
});
