// MongoDB by its driver: a span for each command, with its shape and without its values.

import { MongoClient } from 'mongodb'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'mongodb-example' })

const url = process.env.MONGODB_URL ?? 'mongodb://127.0.0.1:27017/test'
const client = new MongoClient(url, { serverSelectionTimeoutMS: 2000 })

try {
  await client.connect()
} catch (error) {
  console.error(`MongoDB does not answer (${error.name}): scripts/services.sh start, or set MONGODB_URL`)
  process.exit(1)
}

const orders = client.db().collection(`orders-${process.pid}`)
await withSpan('checkout', async (span) => {
  console.log(traceUrl(span))
  await orders.insertMany([
    { customer: 'ada', total: 12 },
    { customer: 'ada', total: 30 },
  ])
  console.log(
    'orders of ada:',
    await orders
      .find({ customer: 'ada' })
      .toArray()
      .then(({ length }) => length),
  )
  // the error is on the span of the command
  await orders.findOne({ $misspelt: 1 }).catch((error) => console.log(error.name))
  await orders.drop()
})

await client.close()
await shutdown()
