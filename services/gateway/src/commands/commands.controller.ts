import { Param, Res } from '@nestjs/common';
import type { BodyOf, ResponseOf } from '@spotopt/contracts/http';
import {
  CommandExecutedRoute,
  IssueSwitchRoute,
  MarkCommandExecutedRoute,
  PendingCommandsRoute,
} from '@spotopt/contracts/http';
import type { FastifyReply } from 'fastify';
import { AgentDirectory } from '../agents/ports.js';
import type { Caller } from '../caller.js';
import { At, BodyFor, By, Routes, Serves } from '../route.js';
import type { Target } from '../route.js';
import { CompleteCommand } from './complete-command.js';
import { RequestSwitch } from './request-switch.js';
import { TakePendingCommands } from './take-pending-commands.js';

@Routes()
export class CommandsController {
  constructor(
    private readonly directory: AgentDirectory,
    private readonly takePendingCommands: TakePendingCommands,
    private readonly completeCommand: CompleteCommand,
    private readonly requestSwitch: RequestSwitch,
  ) {}

  @Serves(PendingCommandsRoute)
  async pending(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
  ): Promise<ResponseOf<typeof PendingCommandsRoute>> {
    const agent = await this.directory.resolve(caller, agentId);
    return { commands: await this.takePendingCommands.execute(agent) };
  }

  @Serves(CommandExecutedRoute)
  async executed(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @Param('commandId') commandId: string,
    @BodyFor(CommandExecutedRoute) body: BodyOf<typeof CommandExecutedRoute>,
  ): Promise<ResponseOf<typeof CommandExecutedRoute>> {
    const agent = await this.directory.resolve(caller, agentId);
    const { status } = await this.completeCommand.execute(agent, {
      commandId,
      success: body.success,
      message: body.message ?? body.error ?? '',
      result: body.result ?? {},
    });
    return { success: true, status, command_id: commandId, message: 'recorded' };
  }

  @Serves(MarkCommandExecutedRoute)
  async markExecuted(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @BodyFor(MarkCommandExecutedRoute) body: BodyOf<typeof MarkCommandExecutedRoute>,
  ): Promise<ResponseOf<typeof MarkCommandExecutedRoute>> {
    const agent = await this.directory.resolve(caller, agentId);
    const { status } = await this.completeCommand.execute(agent, {
      commandId: body.command_id,
      success: true,
      message: 'marked as executed; the agent sends no outcome',
      result: {},
    });
    return { success: true, status, command_id: body.command_id, message: 'recorded' };
  }

  @Serves(IssueSwitchRoute)
  async issueSwitch(
    @By() caller: Caller,
    @At() target: Target,
    @BodyFor(IssueSwitchRoute) body: BodyOf<typeof IssueSwitchRoute>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ResponseOf<typeof IssueSwitchRoute>> {
    const agentId = target.path['agentId'] ?? '';
    const answer = await this.requestSwitch.execute(caller, {
      agentRef: agentId,
      targetMode: body.target_mode,
      targetPoolId: body.target_pool_id ?? body.target_pool,
      reason: body.reason,
      byPerson: body.trigger !== 'model' && body.created_by !== 'ml',
      requestId: target.requestId ?? body.request_id ?? null,
    });
    if (!answer.started) void reply.status(200);
    return {
      success: answer.started,
      status: answer.started ? 'success' : 'refused',
      agent_id: agentId,
      command_id: answer.switchId,
      switch_id: answer.switchId,
      target_mode: answer.targetMode,
      target_pool_id: answer.targetPoolId,
      reason: body.reason ?? null,
      message: answer.message,
      ...(answer.started ? {} : { error: answer.message }),
    };
  }
}
