/** Paths of layers in a row, and what a mount was called. */
import { expect, test, vi } from 'vitest'
import { LayerPath } from '../../src/instrument/express/layer-path.ts'
import { mountPathOf, rememberMount } from '../../src/instrument/express/mount-path.ts'

test.for([
  [[], ''],
  [['/'], '/'],
  [['/', '/'], '/'],
  [['/a'], '/a'],
  [['/a', '/'], '/a'],
  [['/a/', '/b'], '/a/b'],
  [['/a', '/b/'], '/a/b/'],
  [['/', '/:id'], '/:id'],
  [['/a', '', '/b'], '/a/b'],
  [['/a', '*'], '/a*'],
  [['/a', '/{*any}'], '/a/{*any}'],
  [['/a', '/^\\/re$/'], '/a/^\\/re$/'],
  [['/a,/b', '/c'], '/a,/b/c'],
] as const)('the layers %j are %s', ([layers, route]) => {
  expect(layers.reduce<LayerPath>((outer, own) => outer.enter(own), LayerPath.NONE).route).toBe(route)
})

test.for([
  ['/a', '/a', {}, '/a'],
  [/^\/v\d/, '/v1', {}, '/^\\/v\\d/'],
  [['/a', '/b'], '/b', {}, '/b'],
  [['/a', '/B/:id'], '/b/7', { id: '7' }, '/B/:id'],
  [['/a', /^\/x/], '/x', {}, '/a,/^\\/x/'],
  [[['/a'], '/b'], '/A/', {}, '/a'],
  [undefined, '/users/42/posts', { id: '42' }, '/users/:id/posts'],
  [undefined, '/users/a%20b', { id: 'a b' }, '/users/:id'],
  [undefined, '/v1', { 0: '1' }, '/v1'],
] as const)('mounted under %s, reached by %s: %s', ([raw, concrete, params, path]) => {
  const layer = {}
  if (raw !== undefined) rememberMount(layer, raw)
  expect(mountPathOf(layer, concrete, params)).toBe(path)
})

test('a path is shared, unless there are too many or it is too deep', async () => {
  vi.resetModules()
  const { LayerPath } = await import('../../src/instrument/express/layer-path.ts')
  expect(LayerPath.NONE.enter('/shared')).toBe(LayerPath.NONE.enter('/shared'))
  let deep = LayerPath.NONE
  for (let depth = 0; depth < 100; depth++) deep = deep.enter('/deep')
  expect(deep.enter('/x')).not.toBe(deep.enter('/x'))
  expect(deep.enter('/x').route).toBe(`${'/deep'.repeat(100)}/x`)
  for (let count = 0; count < 10_000; count++) LayerPath.NONE.enter(`/made-up-${count}`)
  expect(LayerPath.NONE.enter('/made-up-9999')).not.toBe(LayerPath.NONE.enter('/made-up-9999'))
})
