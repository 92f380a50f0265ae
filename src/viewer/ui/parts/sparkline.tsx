/** A line of values without axes, with an optional mark on the x axis. */
interface Props {
  readonly values: readonly (number | null)[]
  readonly label: string
  readonly width?: number
  readonly height?: number
  /** 0..1: where to draw a vertical mark. */
  readonly mark?: number
  readonly class?: string
}

export function Sparkline({ values, label, width = 90, height = 18, mark, class: className = '' }: Props) {
  const known = values.filter((value) => value !== null)
  const low = Math.min(0, ...known)
  const high = Math.max(...known, low + 1e-9)
  const step = values.length > 1 ? width / (values.length - 1) : 0
  const y = (value: number) => (height - 1 - ((value - low) / (high - low)) * (height - 2)).toFixed(1)
  let line = ''
  let isDrawing = false
  values.forEach((value, index) => {
    if (value !== null) line += `${isDrawing ? 'L' : 'M'}${(index * step).toFixed(1)} ${y(value)}`
    isDrawing = value !== null
  })
  return (
    <svg class={`sparkline ${className}`} viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img">
      <title>{label}</title>
      {mark !== undefined && <line class="mark" x1={mark * width} x2={mark * width} y1={0} y2={height} />}
      <path d={line} />
    </svg>
  )
}
