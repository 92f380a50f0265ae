// The test passes. `uptrace-node check` looks at what it did.
import assert from 'node:assert'
import { after, test } from 'node:test'
import { startShop } from './shop.mjs'

const shop = await startShop()
after(() => shop.close())

test('lists the stock of all orders', async () => {
  const response = await fetch(`${shop.url}/orders/batched`)
  assert.equal((await response.json()).length, 6)
})
