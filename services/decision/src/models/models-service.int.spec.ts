import { afterEach, describe, expect, it } from '@jest/globals';
import {
  ActivateModel,
  AddModelUploadPart,
  BeginModelUpload,
  FallBackModel,
  FinishModelUpload,
  ListModelSessions,
  ModelActivatedV1,
  ModelRolledBackV1,
  ModelStatus,
  SetModelShadow,
} from '@spotopt/contracts';
import { waitFor } from '@spotopt/testkit';
import { TestService } from '@spotopt/testkit/service';
import { decisionService } from '../decision.module.js';
import { factsOf, NOW } from './models-world.contract.js';

const SCRIPT = `
export const name = 'careful';
export const version = '3.1';
export function decide() {
  return { action: 'stay', reason: 'careful', confidence: 1 };
}
`;
const MUTE = SCRIPT.replace("'careful';", "'mute';").replace('return {', 'while (true) {} return {');

describe('the registry over the bus, with engines in processes of their own', () => {
  let service: TestService | undefined;

  afterEach(() => service?.stop());

  it('takes a script in, lets it decide, and goes back', async () => {
    const running = await TestService.start(decisionService, { dialect: 'sqlite', now: NOW });
    service = running;
    const { rpc } = running;
    const upload = async (sessionId: string, content: string) => {
      await rpc.call(BeginModelUpload, { sessionId, sessionType: 'decision_engine', uploadedBy: 'admin' });
      const data = Buffer.from(content).toString('base64');
      await rpc.call(AddModelUploadPart, { sessionId, file: 0, fileName: 'engine.js', part: 0, data });
      const files = [factsOf({ name: 'engine.js', content })];
      const request = { sessionId, files, declared: { version: '3' } };
      return (await rpc.call(FinishModelUpload, request, { timeoutMs: 30_000 })).session;
    };
    const careful = await upload('careful-1', SCRIPT);
    expect(careful).toMatchObject({
      ...{ state: 'validated', declared: { version: '3' } },
      engine: { engineId: 'careful-1', kind: 'javascript', name: 'careful', version: '3.1' },
    });
    const mute = await upload('mute-1', MUTE);
    expect(mute.state).toBe('refused');
    expect(mute.reason).toMatch(/ms|time/i);

    const change = { engineId: 'careful-1', requestedBy: 'admin' };
    const activated = await rpc.call(ActivateModel, change, { timeoutMs: 30_000 });
    expect(activated).toMatchObject({ live: { name: 'careful' }, revision: 2, changed: true });
    expect((await rpc.call(ActivateModel, change, { timeoutMs: 30_000 })).changed).toBe(false);
    const status = await rpc.call(ModelStatus, {}, { timeoutMs: 30_000 });
    expect(status).toMatchObject({ loaded: true, problem: null, uploads: 2, files: [{ name: 'engine.js' }] });

    const back = await rpc.call(FallBackModel, { requestId: 'once', reason: 'worse', requestedBy: 'admin' });
    expect(
      await rpc.call(FallBackModel, { requestId: 'once', reason: 'worse', requestedBy: 'admin' }),
    ).toEqual(back);
    expect(back).toMatchObject({ previous: { name: 'careful' }, fallback: { engineId: 'careful-1' } });
    await rpc.call(SetModelShadow, { engineId: 'careful-1', enabled: true });
    expect(await rpc.call(ListModelSessions, { all: true })).toMatchObject({
      sessions: [
        { sessionId: 'mute-1', state: 'refused', filesKept: false },
        { sessionId: 'careful-1', state: 'fallback', filesKept: true, shadow: true },
      ],
    });
    await waitFor(() => running.ofType(ModelRolledBackV1).length > 0, { what: 'the events' });
    expect(running.ofType(ModelActivatedV1)).toMatchObject([{ engine: { name: 'careful' }, revision: 2 }]);
    expect(running.ofType(ModelRolledBackV1)).toMatchObject([
      { reason: 'worse', automatic: false, revision: 3 },
    ]);
  });
});
