/** A flame of functions: each below its caller, as wide as its time. Calls of Node.js and of packages that only pass on are left out. */
import type { FlameNode } from '../../api.ts'
import { duration, percent } from '../lib/format.ts'

const HOTTEST = 8

interface Props {
  readonly roots: readonly FlameNode[]
  readonly wholeNs: number
}

export function CodeFlame({ roots, wholeNs }: Props) {
  return (
    <div class="code-flame" role="img" aria-label="Flame graph; the table below it has its longest functions">
      <Level nodes={roots} parentNs={wholeNs} wholeNs={wholeNs} />
    </div>
  )
}

function Level({
  nodes,
  parentNs,
  wholeNs,
}: {
  readonly nodes: readonly FlameNode[]
  readonly parentNs: number
  readonly wholeNs: number
}) {
  return (
    <div class="flame-level">
      {nodes.map(through).map((node, index) => (
        <div key={index} style={{ width: `${(node.ns / parentNs) * 100}%` }}>
          <div class={`flame-box ${kindOf(node)}`} title={titleOf(node, wholeNs)}>
            {nameOf(node)} <span>{duration(node.ns)}</span>
          </div>
          {node.children.length > 0 && <Level nodes={node.children} parentNs={node.ns} wholeNs={wholeNs} />}
        </div>
      ))}
    </div>
  )
}

/** Of a chain of calls that only pass on, what is at its end or is the application's. */
function through(node: FlameNode): FlameNode {
  let at = node
  while (kindOf(at) !== 'own' && at.children.length === 1 && at.children[0]!.ns >= at.ns * 0.98) at = at.children[0]!
  return at
}

function kindOf({ file }: FlameNode): 'own' | 'package' | 'native' {
  if (file === '' || file.startsWith('node:')) return 'native'
  return /[\\/]node_modules[\\/]/.test(file) ? 'package' : 'own'
}

function titleOf(node: FlameNode, wholeNs: number): string {
  const hot = node.hotLine > 0 && node.hotLine !== node.line ? `, most of its own time at line ${node.hotLine}` : ''
  const where = node.file === '' ? 'native' : `${node.file}${node.line > 0 ? `:${node.line}` : ''}`
  return `${nameOf(node)}\n${where}${hot}\n${duration(node.ns)} (${percent(node.ns / wholeNs)}), itself ${duration(node.selfNs)}`
}

export const nameOf = ({ name }: Pick<FlameNode, 'name'>): string => name || '(anonymous)'

export function placeOf({ file, line }: Pick<FlameNode, 'file' | 'line'>): string {
  if (file === '') return 'native'
  return `${file.startsWith('node:') ? file : file.split(/[\\/]/).at(-1)}${line > 0 ? `:${line}` : ''}`
}

/** Functions by the time that they took themselves, wherever they were called from. */
export function hottestOf(roots: readonly FlameNode[]): { readonly node: FlameNode; readonly ns: number }[] {
  const sums = new Map<string, { node: FlameNode; ns: number }>()
  const add = (nodes: readonly FlameNode[]): void => {
    for (const node of nodes) {
      const key = `${node.name}\n${node.file}\n${node.line}`
      const known = sums.get(key)
      if (!known) sums.set(key, { node, ns: node.selfNs })
      else {
        if (node.selfNs > known.node.selfNs) known.node = node
        known.ns += node.selfNs
      }
      add(node.children)
    }
  }
  add(roots)
  return [...sums.values()]
    .filter(({ ns }) => ns > 0)
    .sort((a, b) => b.ns - a.ns)
    .slice(0, HOTTEST)
}
