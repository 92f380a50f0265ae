/** Writes the API of OpenTelemetry in one file, and the door through which the bundle takes it. */
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { build, transform } from 'esbuild'
import type { Plugin } from 'rolldown'

const DOOR = 'api-door.cjs'
const PACKAGE = '@opentelemetry/api'

/** @returns the files that went into it */
export async function buildApi(dist: string): Promise<string[]> {
  const entry = createRequire(import.meta.url).resolve(PACKAGE)
  const folder = entry.slice(0, entry.lastIndexOf('dist'))
  const { version } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as { version: string }
  const settings = { minify: true, lineLimit: 160, keepNames: true, platform: 'node', target: 'node20' } as const
  const { metafile } = await build({
    ...settings,
    entryPoints: [path.join(folder, 'dist/index.mjs')],
    bundle: true,
    format: 'cjs',
    metafile: true,
    outfile: path.join(dist, 'chunks/api-in-one.cjs'),
    // values in place of getters, as the package has them
    footer: {
      js: "module.exports=Object.defineProperties({...module.exports},{__esModule:{value:true},[Symbol.toStringTag]:{value:'Module'}});",
    },
  })
  const door = await transform(await readFile(path.join(import.meta.dirname, DOOR), 'utf8'), {
    define: { API_VERSION: JSON.stringify(version), DOOR: JSON.stringify(DOOR) },
    legalComments: 'none',
  })
  await writeFile(path.join(dist, DOOR), door.code)
  return Object.keys(metafile.inputs).map((file) => path.resolve(file))
}

/** All of the bundle goes through the door. */
export const useApiDoor: Plugin = {
  name: 'use-api-door',
  renderChunk(code, { fileName }) {
    return code.replaceAll(`require("${PACKAGE}")`, `require("${fileName.includes('/') ? '..' : '.'}/${DOOR}")`)
  },
}
