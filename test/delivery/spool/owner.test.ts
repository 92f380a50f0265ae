/** Whether the owner of a file lives is told rightly with ids that are used again, in containers, and under clocks that jump. */
import { expect, test } from 'vitest'
import { isOwnerAlive, type Observation, type ProcessIdentity } from '../../../src/delivery/spool/owner.ts'

const NOW = 1_700_000_000_000
const HOUR = 3_600_000
const self: ProcessIdentity = { pid: 10, host: 'h', space: 'boot ns', startedAt: '500' }
const plain: ProcessIdentity = { pid: 10, host: 'h' }
const seen = (processes: Record<number, string>, lastBeat = NOW): Observation => ({
  lastBeat,
  now: NOW,
  readStart: (pid) => processes[pid],
  isRunning: (pid) => pid in processes,
})

test.for<[string, boolean, ProcessIdentity | undefined, ProcessIdentity, Observation]>([
  ['runs', true, { ...self, pid: 20, startedAt: '7' }, self, seen({ 20: '7' })],
  [
    'runs, but has not beaten for hours: stopped, or asleep',
    true,
    { ...self, pid: 20 },
    self,
    seen({ 20: '500' }, NOW - HOUR),
  ],
  ['runs, and the clock was put back', true, { ...self, pid: 20 }, self, seen({ 20: '500' }, NOW + HOUR)],
  ['is gone', false, { ...self, pid: 20 }, self, seen({})],
  ['is gone, and its id is used again', false, { ...self, pid: 20, startedAt: '7' }, self, seen({ 20: '900' })],
  ['was an earlier container with this very id', false, { ...self, startedAt: '7' }, self, seen({ 10: '500' })],
  ['is a living thread of this process', true, self, self, seen({ 10: '500' })],
  ['is a thread of this process that has ended', false, self, self, seen({ 10: '500' }, NOW - HOUR)],
  ['is in another container', true, { ...self, space: 'boot other' }, self, seen({})],
  ['was in another container', false, { ...self, space: 'boot other' }, self, seen({ 10: '500' }, NOW - HOUR)],
  [
    'left a beat of the future, before the clock was put back',
    false,
    { ...self, space: 'x' },
    self,
    seen({}, NOW + HOUR),
  ],
  ['is on another host', true, { ...plain, host: 'other' }, plain, seen({})],
  ['was on another host', false, { ...plain, host: 'other' }, plain, seen({ 10: '' }, NOW - HOUR)],
  ['runs, where there is no /proc', true, { ...plain, pid: 20 }, plain, seen({ 20: '' })],
  ['is gone, where there is no /proc', false, { ...plain, pid: 20 }, plain, seen({})],
  ['is gone there, and its id is used again', false, { ...plain, pid: 20 }, plain, seen({ 20: '' }, NOW - HOUR)],
  ['is writing its lock', true, undefined, self, seen({})],
  ['left a torn lock', false, undefined, self, seen({}, NOW - HOUR)],
])('the owner %s', ([, isAlive, owner, own, observation]) => {
  expect(isOwnerAlive(owner, own, observation)).toBe(isAlive)
})
