/**
 * The API of OpenTelemetry, as this package uses it: in one file, where that is the version which is installed and nobody has loaded the fifty files
 * of it yet, since those are a seventh of the start. All copies of one version share what is registered.
 */
const { readFileSync } = require('node:fs')
const path = require('node:path')

function isToBeLoaded() {
  try {
    const entry = require.resolve('@opentelemetry/api')
    if (require.cache[entry] !== undefined) return false
    const manifest = readFileSync(path.join(entry.slice(0, entry.lastIndexOf('dist')), 'package.json'), 'utf8')
    return JSON.parse(manifest).version === API_VERSION
  } catch {
    // where all is one file, or the package is not where it is expected
    return false
  }
}

module.exports = isToBeLoaded() ? require('./chunks/api-in-one.cjs') : require('@opentelemetry/api')
