// A shop of two routes. `/orders` asks for the stock of each item by itself; `/orders/batched` asks once for all of them.
import express from 'express'

const ITEMS = [1, 2, 3, 4, 5, 6]

export function startShop() {
  const app = express()
  app.get('/stock', (request, response) => response.json(String(request.query.items).split(',')))

  app.get('/orders', async (request, response) => {
    const stock = []
    for (const item of ITEMS) stock.push(await readStock(request, [item]))
    response.json(stock.flat())
  })
  app.get('/orders/batched', async (request, response) => response.json(await readStock(request, ITEMS)))

  const server = app.listen(0)
  return new Promise((resolve) => {
    server.once('listening', () =>
      resolve({ url: `http://localhost:${server.address().port}`, close: () => server.close() }),
    )
  })
}

async function readStock({ headers }, items) {
  const response = await fetch(`http://${headers.host}/stock?items=${items}`)
  return response.json()
}
