/** What the deferred providers of the three signals have in common: scopes that are found again, and what follows the provider of now. */

/** Looked at by all that one deferred provider has handed out. */
export interface Host<Provider> {
  provider: Provider | undefined
}

type Identity = [name: string, version?: string, options?: { schemaUrl?: string }]

/** Names come from the application; a scope beyond the limit works as well, it is only not found again. */
const MAX_SCOPES = 1_000

/** Tracers, meters or loggers, each found again by its name, version and schema. */
export function createScopes<Scope extends { forget(): void }>(create: (...identity: Identity) => Scope) {
  const scopes = new Map<string, Scope>()
  return {
    find(...given: Identity): Scope {
      const [name, version, options] = asIdentity(...given)
      const key = `${name}\n${version}\n${options?.schemaUrl}`
      const known = scopes.get(key)
      if (known) return known
      if (scopes.size >= MAX_SCOPES) scopes.clear()
      const scope = create(name, version, options)
      scopes.set(key, scope)
      return scope
    },
    forgetAll(): void {
      for (const scope of scopes.values()) scope.forget()
    },
  }
}

/** Texts of whatever an application hands over as the identity of a scope: a symbol or a proxy must not throw back at it. */
function asIdentity(name: unknown, version?: unknown, options?: unknown): Identity {
  try {
    const schemaUrl = (options as Identity[2])?.schemaUrl
    const rest = schemaUrl === undefined ? undefined : { schemaUrl: asText(schemaUrl) }
    return [asText(name), version === undefined ? undefined : asText(version), rest] as Identity
  } catch {
    return [asText(name)]
  }
}

/** @returns an empty text for what cannot be made one */
export function asText(value: unknown): string {
  try {
    return String(value ?? '')
  } catch {
    return ''
  }
}

/** Stands for something of the provider that is configured now, and looks for it again when that is another one. */
export abstract class Following<Provider, Real> {
  protected readonly host: Host<Provider>
  protected provider: Provider | undefined
  protected real: Real
  private readonly silent: Real
  private readonly create: (provider: Provider) => Real

  /** `silent` stands in while there is no provider. */
  constructor(host: Host<Provider>, silent: Real, create: (provider: Provider) => Real) {
    this.host = host
    this.provider = undefined
    this.real = silent
    this.silent = silent
    this.create = create
  }

  /** Keeps no provider alive that has been shut down. */
  forget(): void {
    this.provider = undefined
    this.real = this.silent
  }

  /** To be called where `provider` is not that of the host any more. */
  protected follow(): Real {
    const { provider } = this.host
    this.real = (provider && this.create(provider)) ?? this.silent
    this.provider = provider
    return this.real
  }
}

/** The provider may be one of the application's, with no more methods than the API asks for. */
export async function flushDelegate({ provider }: Host<unknown>): Promise<void> {
  await (provider as { forceFlush?(): Promise<void> } | undefined)?.forceFlush?.()
}
