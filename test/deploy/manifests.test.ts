/** The manifests of deploy/kubernetes fit the Collector configurations they run. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

const FOLDER = path.join(import.meta.dirname, '../../deploy/kubernetes')

// biome-ignore lint/suspicious/noExplicitAny: objects of Kubernetes
type Manifest = any

const read = (name: string): string => readFileSync(path.join(FOLDER, name), 'utf8')
const kustomization = parse(read('kustomization.yaml'))
const configFiles: string[] = kustomization.configMapGenerator[0].files
const manifests = ['agent.yaml', 'gateway.yaml', 'sidecar.yaml'].flatMap((file) =>
  parseAllDocuments(read(file)).map((document): { file: string; manifest: Manifest } => ({
    file,
    manifest: document.toJS(),
  })),
)

interface Relay {
  readonly name: string
  readonly configs: readonly string[]
  readonly env: Record<string, string>
  readonly container: Manifest
  readonly pod: Manifest
  readonly claims: readonly string[]
}

/** Every container that runs a Collector, with what it is given. */
const relays = manifests.flatMap(({ manifest }): Relay[] => {
  const pod = manifest.spec?.template?.spec
  const containers: Manifest[] = [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])]
  return containers
    .filter(({ name }) => name === 'collector')
    .map((container) => ({
      name: `${manifest.kind} ${manifest.metadata.name}`,
      configs: container.args.map((arg: string) => arg.replace('--config=/etc/otelcol/', 'collector/')),
      env: Object.fromEntries(container.env.map((item: Manifest) => [item.name, item.value ?? 'https://token@host'])),
      container,
      pod,
      claims: (manifest.spec.volumeClaimTemplates ?? []).map((claim: Manifest) => claim.metadata.name),
    }))
})

test('kustomization.yaml names what is there', () => {
  expect([...kustomization.resources, ...configFiles].filter((file) => !existsSync(path.join(FOLDER, file)))).toEqual(
    [],
  )
  expect(relays.map(({ name }) => name)).toEqual([
    'DaemonSet agent',
    'StatefulSet gateway',
    'StatefulSet samplers',
    'Deployment shop',
  ])
})

describe.for(relays)('$name', ({ configs, env, container, pod, claims }) => {
  const texts = configs.map(read)

  test('runs configurations that are in the config map', () => {
    expect(configs.filter((file) => !configFiles.includes(file))).toEqual([])
  })

  test('has every variable that its configuration needs', () => {
    const needed = texts.flatMap((text) => [...text.matchAll(/\$\{env:(\w+)\}/g)].map(([, name]) => name!))
    expect(needed.filter((name) => !(name in env))).toEqual([])
  })

  test('gives more memory than the limit at which it refuses, and the runtime a goal between', () => {
    const limit = Number(env.MEMORY_LIMIT_MIB ?? /MEMORY_LIMIT_MIB:-(\d+)/.exec(texts[0]!)![1])
    const goal = Number.parseInt(env.GOMEMLIMIT!, 10)
    const [, amount, unit] = /^(\d+)(Mi|Gi)$/.exec(container.resources.limits.memory)!
    expect(goal).toBeGreaterThan(limit)
    expect(Number(amount) * (unit === 'Gi' ? 1024 : 1)).toBeGreaterThan(goal)
  })

  test('keeps its queue in a volume', () => {
    const mount = container.volumeMounts.find((item: Manifest) => item.mountPath === '/var/lib/otelcol')
    const volumes = [...pod.volumes.map(({ name }: Manifest) => name), ...claims]
    expect(volumes).toContain(mount.name)
  })

  test('opens the ports on which it listens, and no others', () => {
    const listens = [...texts[0]!.matchAll(/LISTEN:-0\.0\.0\.0:(\d+)\}/g)].map(([, port]) => Number(port))
    const opened = (container.ports ?? []).map(({ containerPort }: Manifest) => containerPort)
    expect(opened.filter((port: number) => !listens.includes(port))).toEqual([])
    const probe = (container.readinessProbe ?? container.startupProbe).httpGet.port
    expect(listens).toContain(probe)
  })
})

test('services lead to pods and ports that exist', () => {
  const ports = new Map(
    manifests
      .filter(({ manifest }) => manifest.spec?.template)
      .map(({ manifest }) => [
        manifest.spec.template.metadata.labels['app.kubernetes.io/name'],
        manifest.spec.template.spec.containers.flatMap((one: Manifest) =>
          (one.ports ?? []).map(({ name }: Manifest) => name),
        ),
      ]),
  )
  const services = manifests.filter(({ manifest }) => manifest.kind === 'Service').map(({ manifest }) => manifest)
  expect(services.map(({ metadata }) => metadata.name)).toEqual(['gateway', 'gateway-pods', 'samplers'])
  for (const { spec } of services)
    for (const { targetPort } of spec.ports)
      expect(ports.get(spec.selector['app.kubernetes.io/name'])).toContain(targetPort)
})

test('the program of the sidecar sends to it, and says what pod it is by the downward API', () => {
  const shop = relays.at(-1)!.pod.containers[0]
  const env = new Map<string, Manifest>(shop.env.map((item: Manifest) => [item.name, item]))
  expect(env.get('OTEL_EXPORTER_OTLP_ENDPOINT').value).toBe(`http://${relays.at(-1)!.env.OTLP_HTTP_LISTEN}`)
  const used = [...env.get('OTEL_RESOURCE_ATTRIBUTES').value.matchAll(/\$\((\w+)\)/g)].map(([, name]) => name!)
  expect(used.filter((name) => env.get(name)?.valueFrom?.fieldRef === undefined)).toEqual([])
  // Kubernetes replaces only what stands before
  const order = [...env.keys()]
  expect(used.every((name) => order.indexOf(name) < order.indexOf('OTEL_RESOURCE_ATTRIBUTES'))).toBe(true)
})
