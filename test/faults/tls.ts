/** Certificates made on the spot with openssl, for the TLS cases. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

export interface TlsFiles {
  readonly ca: string
  readonly key: string
  readonly cert: string
}

/** A certificate for localhost and 127.0.0.1, signed by an authority of its own. */
export function createTls(options: { expired?: boolean; name?: string } = {}): TlsFiles {
  const folder = mkdtempSync(path.join(tmpdir(), 'uptrace-tls-'))
  const file = (name: string): string => path.join(folder, name)
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' })
  try {
    const names = options.name ? `DNS:${options.name}` : 'DNS:localhost,IP:127.0.0.1'
    writeFileSync(file('ext'), `subjectAltName=${names}\n`)
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      file('ca.key'),
      '-out',
      file('ca.pem'),
      '-subj',
      '/CN=test authority',
      '-days',
      '2',
    )
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      file('key'),
      '-out',
      file('csr'),
      '-subj',
      `/CN=${options.name ?? 'localhost'}`,
    )
    const period = options.expired ? ['20200101000000Z', '20200102000000Z'] : ['20200101000000Z', '20990101000000Z']
    // only `openssl ca` takes dates in every version
    writeFileSync(file('index'), '')
    writeFileSync(
      file('conf'),
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${file('index')}\nnew_certs_dir=${folder}\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n`,
    )
    openssl(
      ...[
        'ca',
        '-batch',
        '-notext',
        '-config',
        file('conf'),
        '-in',
        file('csr'),
        '-out',
        file('cert'),
        '-cert',
        file('ca.pem'),
      ],
      ...['-keyfile', file('ca.key'), '-extfile', file('ext'), '-startdate', period[0]!, '-enddate', period[1]!],
    )
    const read = (name: string): string => readFileSync(file(name), 'utf8')
    return { ca: read('ca.pem'), key: read('key'), cert: read('cert') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
