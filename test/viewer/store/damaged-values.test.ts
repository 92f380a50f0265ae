/** A database whose pages are whole and whose values are not: one damaged value hides no other, and keeps no viewer from starting. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FacetList, type FieldList, type LogList, ROUTES, type TraceList } from '../../../src/viewer/api.ts'
import { startHarness } from '../harness.ts'
import { LOGS, ORDERS, tracesRequest } from '../sample.ts'

let folder: string
let file: string
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'viewer-damaged-'))
  file = path.join(folder, 'viewer.db')
  await using viewer = await startHarness({ file })
  await viewer.send('/v1/traces', tracesRequest('shop', ORDERS))
  await viewer.send('/v1/logs', LOGS)
})
afterEach(() => rmSync(folder, { recursive: true }))

function spoil(sql: string): void {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}

test('attributes that are no JSON any more hide no other span and no other record', async () => {
  spoil(`UPDATE span SET attrs = '{"a' WHERE id = (SELECT max(id) FROM span);
    UPDATE log SET attrs = '{"a":' WHERE id = (SELECT max(id) FROM log)`)
  await using viewer = await startHarness({ file })
  const { traces } = await viewer.get<TraceList>(`${ROUTES.traces}?q=http.route=*`)
  expect(traces.length).toBeGreaterThan(0)
  expect((await viewer.get<LogList>(ROUTES.logs)).logs).toHaveLength(4)
  expect((await viewer.get<FieldList>(`${ROUTES.fields}?of=spans`)).fields.length).toBeGreaterThan(5)
  expect((await viewer.get<FacetList>(ROUTES.traceFacets)).facets.length).toBeGreaterThan(2)
  expect((await viewer.fetch(ROUTES.export)).status).toBe(200)
})

test('a number that JavaScript cannot have written sets the file aside, and the viewer starts', async () => {
  spoil('UPDATE span SET dur_ns = 4604164569809937256 WHERE id = 1')
  await using viewer = await startHarness({ file })
  expect((await viewer.get<TraceList>(ROUTES.traces)).traces).toEqual([])
  expect(readdirSync(folder).filter((name) => name.includes('unreadable'))).toHaveLength(1)
})
