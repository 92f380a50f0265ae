/** Colours of lines for canvases, from the tokens of the theme. */

const HUES = [0, 2, 1, 4, 3, 8, 5, 11, 6, 9, 7, 10]
let probe: HTMLElement | undefined

/** Lighter to darker, in percent of the colour and what it is mixed with. */
const SHADES = {
  faint: '45%, var(--bg)',
  light: '62%, var(--bg)',
  plain: '100%, var(--bg)',
  strong: '55%, var(--text)',
} as const
export type Shade = keyof typeof SHADES

/** Tells neighbours apart; repeats after twelve. */
export function lineColor(index: number, shade: Shade = 'plain'): string {
  if (probe === undefined) {
    probe = document.createElement('span')
    probe.hidden = true
    document.body.append(probe)
  }
  probe.className = `svc-${HUES[index % HUES.length]}`
  probe.style.color = `color-mix(in srgb, var(--svc) ${SHADES[shade]})`
  return getComputedStyle(probe).color
}

export const QUANTILES: Readonly<Record<string, { readonly shade: Shade; readonly dash: readonly number[] }>> = {
  p50: { shade: 'light', dash: [] },
  p95: { shade: 'plain', dash: [7, 3] },
  p99: { shade: 'strong', dash: [2, 2] },
}

interface ColoredLine {
  readonly label: string
  readonly quantile: string | null
  readonly run: string | null
}

/** One colour for each series, in shades for its percentiles and for runs before the newest. */
export function withColors<T extends ColoredLine>(
  lines: readonly T[],
): (T & { readonly color: string; readonly dash: readonly number[] })[] {
  const series = [...new Set(lines.map(seriesOf))]
  const runs = [...new Set(lines.flatMap(({ run }) => run ?? []))]
  return lines.map((line) => {
    const { shade, dash } = QUANTILES[line.quantile ?? ''] ?? {
      shade: RUN_SHADES[runs.indexOf(line.run ?? '')],
      dash: [],
    }
    const isOlder = line.run !== null && runs.indexOf(line.run) > 0
    return {
      ...line,
      color: lineColor(series.indexOf(seriesOf(line)), shade ?? (isOlder ? 'faint' : 'plain')),
      dash,
    }
  })
}

/** Newest first; all before these are faint. */
const RUN_SHADES: readonly Shade[] = ['plain', 'light']

/** The label without what makes lines of one series. */
const seriesOf = ({ label, quantile, run }: ColoredLine): string =>
  quantile !== null && label.endsWith(quantile)
    ? label.slice(0, -quantile.length).trim()
    : run === null
      ? label
      : label.replace(/ · run \d+$/, '')
