/** The attributes in which the two roots differ. */
import type { Comparison } from '../../../api.ts'
import { textOf } from '../../parts/attributes.tsx'

export function Attributes({ attributes }: { readonly attributes: Comparison['attributes'] }) {
  return (
    <details class="compare-attributes" open={attributes.length <= 6}>
      <summary>
        Attributes of the root that differ <span class="dim">{attributes.length}</span>
      </summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Attribute</th>
            <th scope="col">A</th>
            <th scope="col">B</th>
          </tr>
        </thead>
        <tbody class="mono">
          {attributes.map(({ key, a, b }) => (
            <tr key={key}>
              <th scope="row">{key}</th>
              <td>{a === null ? <span class="dim">none</span> : textOf(a)}</td>
              <td>{b === null ? <span class="dim">none</span> : textOf(b)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
