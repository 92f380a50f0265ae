/** Which http methods attributes name. */
import { afterEach, expect, test } from 'vitest'
import { defaultConfig } from '../../../src/instrument/defaults.ts'
import { normalizeMethod, useKnownMethods } from '../../../src/instrument/http/request-attributes.ts'

afterEach(() => useKnownMethods(undefined))

const options = { ignoreUrls: undefined, responseHeaders: [], sqlComments: false, connectionPhases: false }

test('those of the standards by default, in any case', () => {
  useKnownMethods(defaultConfig('http', { ...options, env: {} })['knownMethods'] as undefined)
  expect(['GET', 'get', 'QUERY', 'PROPFIND', undefined].map(normalizeMethod)).toEqual([
    'GET',
    'GET',
    'QUERY',
    '_OTHER',
    'GET',
  ])
})

test('those of OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS in their place, in the case they have', () => {
  const env = { OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS: 'GET, PROPFIND,Purge' }
  useKnownMethods(defaultConfig('http', { ...options, env })['knownMethods'] as string[])
  expect(['GET', 'PROPFIND', 'Purge', 'PURGE', 'POST'].map(normalizeMethod)).toEqual([
    'GET',
    'PROPFIND',
    'Purge',
    '_OTHER',
    '_OTHER',
  ])
})
