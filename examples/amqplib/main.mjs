// RabbitMQ by amqplib: the consumer's span is in the trace of whoever published the message.

import { once } from 'node:events'
import amqp from 'amqplib'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'amqplib-example' })

let connection
try {
  connection = await amqp.connect(process.env.AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672')
} catch (error) {
  console.error(`RabbitMQ does not answer (${error.code}): scripts/services.sh start, or set AMQP_URL`)
  process.exit(1)
}

const channel = await connection.createConfirmChannel()
const { queue } = await channel.assertQueue('', { exclusive: true })

const worked = new Promise((resolve) => {
  channel.consume(queue, async (message) => {
    await withSpan('send receipt', () => console.log('consumes', message.content.toString()))
    channel.ack(message)
    resolve()
  })
})

await withSpan('checkout', async (span) => {
  console.log(traceUrl(span))
  channel.sendToQueue(queue, Buffer.from('order 7'))
  await channel.waitForConfirms()
})

await worked
const closed = once(connection, 'close')
await connection.close()
await closed
await shutdown()
