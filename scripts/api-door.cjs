/**
 * The API of OpenTelemetry, as this package uses it: in one file, where that is the version which is installed and nobody has loaded the fifty files
 * of it yet, since those are a fifth of the preload. Whoever requires it later gets the same, so that `context.active() === ROOT_CONTEXT` holds.
 */
const { readFileSync } = require('node:fs')
const path = require('node:path')

/** The file that it is entered by, if it is to be loaded. */
function findEntry() {
  try {
    // a bundler has put this file into another, and the API with it: code of the program that it holds takes that one
    if (path.basename(__filename) !== DOOR) return undefined
    const entry = require.resolve('@opentelemetry/api')
    if (require.cache[entry] !== undefined) return undefined
    const manifest = readFileSync(path.join(entry.slice(0, entry.lastIndexOf('dist')), 'package.json'), 'utf8')
    return JSON.parse(manifest).version === API_VERSION ? entry : undefined
  } catch {
    // where all is one file, or the package is not where it is expected
    return undefined
  }
}

function loadInPlaceOf(entry) {
  const api = require('./chunks/api-in-one.cjs')
  try {
    const loaded = new module.constructor(entry, module)
    require.cache[entry] = Object.assign(loaded, { filename: entry, exports: api, loaded: true })
  } catch {
    // a test runner keeps its cache to itself: the copies share what is registered
  }
  return api
}

const entry = findEntry()
module.exports = entry === undefined ? require('@opentelemetry/api') : loadInPlaceOf(entry)
