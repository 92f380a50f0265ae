// The code under test.
import { reportError, withSpan } from 'uptrace-node'

export function placeOrder(order) {
  return withSpan('place order', { attributes: { 'order.id': order.id } }, async () => {
    await withSpan('reserve stock', () => {
      if (order.quantity > 3) reportError(new Error('out of stock'))
    })
    return order.quantity <= 3
  })
}
