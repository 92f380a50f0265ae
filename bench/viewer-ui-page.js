// Runs in the pages of the viewer, before their own scripts: notes when the first row was painted, scrolls, and times frames.
const list = () => document.querySelector('[role=treegrid]')
const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))

globalThis.bench = {
  firstRowMillis: 0,
  /** When lines were added for the last time. */
  allRowsMillis: 0,
  lines: () => Number(list().getAttribute('aria-rowcount')),
  nodes: () => document.getElementsByTagName('*').length,
  /** Scrolls by so many pixels in each frame, or anywhere if negative; gives the times between frames. */
  async scroll(frames, pixels) {
    list().scrollTop = 0
    const times = []
    let seed = 1
    let before = await nextFrame()
    for (let frame = 0; frame < frames; frame++) {
      seed = (seed * 16_807) % 2_147_483_647
      list().scrollTop = pixels < 0 ? (seed / 2_147_483_647) * list().scrollHeight : list().scrollTop + pixels
      const now = await nextFrame()
      times.push(now - before)
      before = now
    }
    times.sort((a, b) => a - b)
    const quantile = (at) => times[Math.min(Math.floor(times.length * at), times.length - 1)]
    return { p50: quantile(0.5), p95: quantile(0.95), longest: times.at(-1) }
  },
}

let seen = 0
const observer = new MutationObserver(() => {
  if (!list()?.querySelector('[role=row]')) return
  const { bench } = globalThis
  if (bench.lines() === seen) return
  seen = bench.lines()
  // painted with the next frame
  nextFrame().then(() => {
    bench.firstRowMillis ||= performance.now()
    bench.allRowsMillis = performance.now()
  })
})
observer.observe(document, { childList: true, subtree: true, attributeFilter: ['aria-rowcount'] })
