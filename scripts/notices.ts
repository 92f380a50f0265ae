/** Says what the package bundles: licence texts for people (THIRD-PARTY-NOTICES.txt), a CycloneDX bill of materials for tools (sbom.cdx.json). */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

interface Component {
  readonly name: string
  readonly version: string
  readonly license: string | undefined
  readonly text: string
}

/** From the files that were bundled. A package without any licence stops the build. */
export async function writeNotices(dist: string, bundledFiles: readonly string[]): Promise<void> {
  const folders = new Set(
    bundledFiles
      .map((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1])
      .filter((folder) => folder !== undefined),
  )
  const components = await Promise.all([...folders].sort().map(readComponent))
  await writeFile(path.join(dist, 'THIRD-PARTY-NOTICES.txt'), noticesOf(components))
  const own = JSON.parse(await readFile(path.join(import.meta.dirname, '../package.json'), 'utf8')) as Component
  await writeFile(path.join(dist, 'sbom.cdx.json'), `${JSON.stringify(billOf(own, components))}\n`)
}

async function readComponent(folder: string): Promise<Component> {
  const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as Component
  const entries = await readdir(folder, { withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && /^(licen[cs]e|notice|copying)/i.test(entry.name))
  if (manifest.license === undefined && files.length === 0)
    throw new Error(`${manifest.name} is bundled but has no licence`)
  const texts = await Promise.all(files.map(({ name }) => readFile(path.join(folder, name), 'utf8')))
  const { name, version, license } = manifest
  return { name, version, license, text: texts.join('\n').trim() }
}

/** Many packages share one text: each text is given once. */
function noticesOf(components: readonly Component[]): string {
  const sections = [...Map.groupBy(components, ({ text }) => text)].map(([text, group]) => {
    const names = group.map(({ name, version, license }) => `${name} ${version} (${license})`)
    return `${names.join('\n')}\n\n${text || 'The package ships no licence text; the licence named above applies.'}`
  })
  return `This package bundles the following software.\n\n${sections.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}

/** @see https://cyclonedx.org/docs/1.6/json/ */
function billOf(own: Component, components: readonly Component[]): object {
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: componentOf(own, 'library') },
    components: dedupe(components).map((component) => componentOf(component, 'library')),
  }
}

function componentOf({ name, version, license }: Component, type: string): object {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  const licenses = license === undefined ? undefined : [{ expression: license }]
  return { type, 'bom-ref': purl, name, version, purl, ...(licenses && { licenses }) }
}

/** Two copies of one version are one entry: references must be unique. */
function dedupe(components: readonly Component[]): Component[] {
  return [...new Map(components.map((component) => [`${component.name}@${component.version}`, component])).values()]
}
