// Traffic for the shop next to it, some requests a second until Ctrl+C, or REQUESTS of them: PORT=3000 node main.mjs, then npm run load.

const url = `http://localhost:${process.env.PORT ?? 3000}`
const requests = Number(process.env.REQUESTS ?? Number.POSITIVE_INFINITY)
const routes = ['/joined', '/joined', '/joined', '/joined', '/n-plus-one', '/n-plus-one', '/fails']
const counts = {}

for (let sent = 0; sent < requests; sent++) {
  try {
    const customer = `customer-${1 + (sent % 5)}`
    const response = await fetch(url + routes[sent % routes.length], { headers: { baggage: `customer=${customer}` } })
    await response.text()
    counts[response.status] = (counts[response.status] ?? 0) + 1
  } catch {
    console.error(
      `nobody listens on ${url}: start the shop with PORT=3000 node examples/express-postgres-redis/main.mjs`,
    )
    process.exit(1)
  }
  if (sent % 100 === 99) console.log(`${sent + 1} requests, answers by status:`, counts)
  await new Promise((resolve) => setTimeout(resolve, 50))
}
console.log(`${requests} requests, answers by status:`, counts)
