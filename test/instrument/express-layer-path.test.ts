/** What is worked out once for a list of paths is what OpenTelemetry's instrumentation works out for each request. */
import { createRequire } from 'node:module'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { LayerPath } from '../../src/instrument/express/layer-path.ts'

interface Upstream {
  getConstructedRoute(request: object): string
  getActualMatchedRoute(request: object): string | undefined
}
const entry = createRequire(import.meta.url).resolve('@opentelemetry/instrumentation-express')
const upstream = createRequire(entry)(path.join(path.dirname(entry), 'utils.cjs')) as Upstream

const PATHS = [
  '',
  '/',
  '/*',
  '/{*any}',
  '*',
  '/a',
  '/a/',
  'a',
  '/:id',
  ':id',
  '/a/b',
  '//',
  '/x*',
  'x*',
  '/a,/b',
  'a,b',
  '/^\\/re$/',
  '[a]',
  '/[a]',
  ',',
]
const URLS = ['/', '/a', '/a/b', '/a/1?x=/', '/b', '/a,/b', '/x*', '']

const lists = (length: number): string[][] =>
  length === 0 ? [[]] : lists(length - 1).flatMap((list) => PATHS.map((own) => [...list, own]))

test.for([0, 1, 2, 3])('the routes of all lists of %i paths', (length) => {
  for (const list of lists(length)) {
    const here = list.reduce((outer, own) => outer.enter(own), LayerPath.NONE)
    for (const originalUrl of URLS) {
      const request = { __ot_middlewares: list, originalUrl }
      const found = [here.constructed, here.routeOf(originalUrl)]
      const expected = [upstream.getConstructedRoute(request), upstream.getActualMatchedRoute(request)]
      if (found[0] !== expected[0] || found[1] !== expected[1])
        expect({ list, originalUrl, found }).toEqual({ list, originalUrl, found: expected })
    }
  }
})

test('to leave undoes to enter, and there is nothing outside of all layers', () => {
  const here = LayerPath.NONE.enter('/a').enter('/b')
  expect(here.leave()).toBe(LayerPath.NONE.enter('/a'))
  expect(here.leave().leave().leave()).toBe(LayerPath.NONE)
})

test('a path is shared, unless there are too many or it is too deep', async () => {
  vi.resetModules()
  const { LayerPath } = await import('../../src/instrument/express/layer-path.ts')
  expect(LayerPath.NONE.enter('/shared')).toBe(LayerPath.NONE.enter('/shared'))
  let deep = LayerPath.NONE
  for (let depth = 0; depth < 100; depth++) deep = deep.enter('/deep')
  expect(deep.enter('/x')).not.toBe(deep.enter('/x'))
  expect(deep.enter('/x').constructed).toBe(`${'/deep'.repeat(100)}/x`)
  for (let count = 0; count < 10_000; count++) LayerPath.NONE.enter(`/made-up-${count}`)
  expect(LayerPath.NONE.enter('/made-up-9999')).not.toBe(LayerPath.NONE.enter('/made-up-9999'))
})
