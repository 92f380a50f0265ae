/** Links of the README and the docs lead somewhere, for readers of the repository and of the installed package. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const ROOT = path.join(import.meta.dirname, '../..')
const [{ files }] = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error'], {
    cwd: ROOT,
    encoding: 'utf8',
  }),
) as [{ files: Array<{ path: string }> }]
const packed = new Set(files.map((file) => file.path))
const documents = [...packed].filter((file) => file.endsWith('.md'))
const ofRepository = readdirSync(ROOT).filter((file) => file.endsWith('.md') && !packed.has(file))

interface Link {
  readonly text: string
  readonly file: string
  readonly anchor: string | undefined
}

/** Relative links and pictures of a document; targets relative to the root. */
function linksOf(document: string): Link[] {
  const text = readFileSync(path.join(ROOT, document), 'utf8').replace(/^```[\s\S]*?^```/gm, '')
  const targets = [...text.matchAll(/\]\(([^)\s]+)[^)]*\)|(?:src|href)="([^"]+)"/g)].map(
    (match) => (match[1] ?? match[2])!,
  )
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [name, anchor] = target.split('#') as [string, string?]
      const file = name === '' ? document : path.posix.join(path.posix.dirname(document), name)
      return { text: `${document}: ${target}`, file, anchor }
    })
}

function anchorsOf(document: string): string[] {
  const headings = readFileSync(path.join(ROOT, document), 'utf8').matchAll(/^#+ (.+)$/gm)
  return [...headings].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

const hasAnchor = ({ file, anchor }: Link): boolean =>
  anchor === undefined || !file.endsWith('.md') || anchorsOf(file).includes(anchor)

test('every relative link in the package resolves in the package', () => {
  expect(documents).toContain('README.md')
  expect(documents.length).toBeGreaterThan(4)
  const links = documents.flatMap(linksOf)
  expect(links.length).toBeGreaterThan(10)
  expect(links.filter((link) => !packed.has(link.file) || !hasAnchor(link)).map(({ text }) => text)).toEqual([])
})

test.for(ofRepository)('every relative link of %s resolves', (document) => {
  const wrong = linksOf(document).filter((link) => !existsSync(path.join(ROOT, link.file)) || !hasAnchor(link))
  expect(wrong.map(({ text }) => text)).toEqual([])
})

test('no file of the package names a path or host of one machine', () => {
  const texts = [...documents, ...ofRepository, '.ci/run', '.github/workflows/ci.yml']
  const found = texts.filter((file) =>
    /\/home\/|\/Users\/|\/root\/|registry\.(?!ts\b)[a-z]/.test(readFileSync(path.join(ROOT, file), 'utf8')),
  )
  expect(found).toEqual([])
})
