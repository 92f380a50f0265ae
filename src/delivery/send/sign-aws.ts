/** Signs requests by AWS Signature Version 4, with AWS's own signer and chain of credentials. A chunk that only those load who send to AWS. */
import type * as Crypto from 'node:crypto'
import type { AwsSigning } from '../../config/destination.ts'
import { loadFile } from '../../lazy.ts'

export interface SignedRequest {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query: Record<string, string>
  readonly headers: Record<string, string>
  readonly body: Uint8Array
}

/** @returns the headers with those of the signature. Rejects when there are no credentials. */
export type Sign = (url: URL, headers: Record<string, string>, body: Uint8Array) => Promise<Record<string, string>>

interface SignerModule {
  readonly SignatureV4: new (options: {
    service: string
    region: string
    credentials: unknown
    sha256: typeof NodeHash
  }) => { sign(request: SignedRequest): Promise<{ headers: Record<string, string> }> }
}

interface CredentialsModule {
  defaultProvider(options?: object): unknown
}

export function createAwsSigner({ service, region, signerFile, credentialsFile }: AwsSigning): Sign {
  const { SignatureV4 } = loadFile<SignerModule>(signerFile)
  const { defaultProvider } = loadFile<CredentialsModule>(credentialsFile)
  // the provider keeps credentials as long as they are valid
  const signer = new SignatureV4({ service, region, credentials: defaultProvider(), sha256: NodeHash })
  return async (url, headers, body) => {
    const signed = await signer.sign({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port !== '' && { port: Number(url.port) }),
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers,
      body,
    })
    return signed.headers
  }
}

/** SHA-256 and its HMAC, as the signer asks for them. */
class NodeHash {
  private readonly hash: Crypto.Hash | Crypto.Hmac

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const { createHash, createHmac } = process.getBuiltinModule('node:crypto') as typeof Crypto
    this.hash =
      secret === undefined
        ? createHash('sha256')
        : createHmac('sha256', secret instanceof ArrayBuffer ? Buffer.from(secret) : (secret as string))
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.hash.update(data instanceof ArrayBuffer ? Buffer.from(data) : (data as string))
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest())
  }

  reset(): void {}
}
