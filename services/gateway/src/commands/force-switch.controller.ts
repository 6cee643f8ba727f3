import { Headers, Param } from '@nestjs/common';
import type { BodyOf, ResponseOf } from '@spotopt/contracts/http';
import { ForceSwitchRoute } from '@spotopt/contracts/http';
import { FindInstance } from '../agents/find-instance.js';
import type { Caller } from '../caller.js';
import { BodyFor, By, Routes, Serves } from '../route.js';
import { RequestSwitch } from './request-switch.js';

type ForceSwitchBody = BodyOf<typeof ForceSwitchRoute>;

/** `pool` means a spot pool; the pool alone says the same. */
function targetModeOf(body: ForceSwitchBody): string | null {
  const target = body.target ?? body.target_type ?? null;
  return target === 'pool' ? 'spot' : target;
}

@Routes()
export class ForceSwitchController {
  constructor(
    private readonly findInstance: FindInstance,
    private readonly requestSwitch: RequestSwitch,
  ) {}

  @Serves(ForceSwitchRoute)
  async force(
    @By() caller: Caller,
    @Param('instanceId') instanceId: string,
    @Headers('x-request-id') requestId: string | undefined,
    @BodyFor(ForceSwitchRoute) body: ForceSwitchBody,
  ): Promise<ResponseOf<typeof ForceSwitchRoute>> {
    const answer = await this.requestSwitch.execute(caller, {
      agentRef: (await this.findInstance.workloadOn(caller, instanceId)).agentId,
      targetMode: targetModeOf(body),
      targetPoolId: body.pool_id ?? body.target_pool_id ?? body.target_pool,
      reason: body.reason,
      byPerson: true,
      requestId: requestId ?? null,
    });
    return {
      success: answer.started,
      status: answer.started ? 'success' : 'refused',
      message: answer.message,
      command_id: answer.switchId,
      switch_id: answer.switchId,
      target_mode: answer.targetMode,
      target_pool_id: answer.targetPoolId,
      ...(answer.started ? {} : { error: answer.message }),
    };
  }
}
