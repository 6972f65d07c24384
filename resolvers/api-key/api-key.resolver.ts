import { Arg, Authorized, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { createKey, listKeys, revokeKey } from '../../golden-records/api-keys.js';
import type { Permission } from '../authorization.js';
import { Context } from '../context.js';
import { ApiKey, CreateApiKeyInput, CreatedApiKey, RevokeApiKeyInput, RevokedApiKey } from './api-key.type.js';

@Resolver()
export class ApiKeyResolver {
  @Authorized<Permission>('manageKeys')
  @Query(() => [ApiKey], { description: 'All keys, newest first, revoked ones too.' })
  async apiKeys(@Ctx() { db }: Context): Promise<ApiKey[]> {
    return (await listKeys(db)).map((key) => ({ ...key, unmasked: [...key.unmasked] }));
  }

  @Authorized<Permission>('manageKeys')
  @Mutation(() => CreatedApiKey, { description: 'Make a key. It is shown in this answer only.' })
  async createApiKey(
    @Arg('input', () => CreateApiKeyInput, { description: 'Its name, role and grants.' }) input: CreateApiKeyInput,
    @Ctx() { db, actor, correlationId }: Context,
  ): Promise<CreatedApiKey> {
    const { name, role, unmasked, expiresAt } = input;
    const { key, ...made } = await createKey(db, actor, {
      name,
      role,
      correlationId,
      ...(unmasked ? { unmasked } : {}),
      ...(expiresAt ? { expiresAt } : {}),
    });
    return { key, apiKey: { ...made, unmasked: [...made.unmasked] } };
  }

  @Authorized<Permission>('manageKeys')
  @Mutation(() => RevokedApiKey, {
    description: 'Revoke a key. Requests and connections with it end within 5 seconds.',
  })
  async revokeApiKey(
    @Arg('input', () => RevokeApiKeyInput, { description: 'Which one.' }) input: RevokeApiKeyInput,
    @Ctx() { db, actor, correlationId }: Context,
  ): Promise<RevokedApiKey> {
    const revoked = await revokeKey(db, actor, { idOrPrefix: input.id, correlationId });
    return { apiKey: { ...revoked, unmasked: [...revoked.unmasked] } };
  }
}
