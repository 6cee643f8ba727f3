import { Param } from '@nestjs/common';
import type { BodyOf, ResponseOf } from '@spotopt/contracts/http';
import {
  CreateClientRoute,
  DeleteClientRoute,
  RegenerateTokenRoute,
  RevealTokenRoute,
  ValidateTokenRoute,
} from '@spotopt/contracts/http';
import { AppError } from '@spotopt/kernel';
import { scopeOf } from '../caller.js';
import type { Caller } from '../caller.js';
import { BodyFor, By, Routes, Serves } from '../route.js';
import { Authenticate } from './authenticate.js';
import { DeleteClient } from './delete-client.js';
import { ManageClients } from './manage-clients.js';

@Routes()
export class ClientsController {
  constructor(
    private readonly clients: ManageClients,
    private readonly deleteClient: DeleteClient,
    private readonly authenticate: Authenticate,
  ) {}

  @Serves(ValidateTokenRoute)
  async validate(@By() caller: Caller): Promise<ResponseOf<typeof ValidateTokenRoute>> {
    const clientId = scopeOf(caller);
    if (clientId === null) throw AppError.permanent('forbidden', 'this is no client token');
    const { name, email, status } = await this.clients.get(clientId);
    return { valid: true, client_id: clientId, name, email, status };
  }

  @Serves(CreateClientRoute)
  async create(
    @BodyFor(CreateClientRoute) body: BodyOf<typeof CreateClientRoute>,
  ): Promise<ResponseOf<typeof CreateClientRoute>> {
    const { client, token } = await this.clients.create({ name: body.name, email: body.email ?? null });
    const { id, name, status } = client;
    return {
      success: true,
      status: 'success',
      client_id: id,
      token,
      message: 'client created',
      client: { id, name, token, status, created_at: new Date(client.createdAtMs).toISOString() },
    };
  }

  @Serves(DeleteClientRoute)
  async remove(@Param('clientId') clientId: string): Promise<ResponseOf<typeof DeleteClientRoute>> {
    await this.deleteClient.execute(clientId);
    return { success: true, status: 'success', client_id: clientId, message: 'client deleted' };
  }

  @Serves(RegenerateTokenRoute)
  async regenerateToken(
    @Param('clientId') clientId: string,
  ): Promise<ResponseOf<typeof RegenerateTokenRoute>> {
    const { token } = await this.clients.regenerateToken(clientId);
    this.authenticate.forgetAll();
    return {
      success: true,
      status: 'success',
      token,
      new_token: token,
      client_id: clientId,
      message: 'the old token is dead',
    };
  }

  @Serves(RevealTokenRoute)
  async revealToken(
    @By() caller: Caller,
    @Param('clientId') clientId: string,
  ): Promise<ResponseOf<typeof RevealTokenRoute>> {
    if (caller.kind === 'admin' && caller.via === 'loopback') {
      throw AppError.permanent('unauthorized', 'a secret is shown to nobody without a token');
    }
    const { client, token } = await this.clients.revealToken(clientId, caller);
    return { token, client_id: clientId, client_name: client.name, status: client.status };
  }
}
