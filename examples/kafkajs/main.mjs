// Kafka by kafkajs: the consumer's span is in the trace of whoever sent the message.

import kafkajs from 'kafkajs'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'kafkajs-example' })

const broker = process.env.KAFKA_BROKER ?? '127.0.0.1:9092'
const kafka = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 1 } })
const admin = kafka.admin()

try {
  await admin.connect()
} catch (error) {
  console.error(`Kafka does not answer (${error.name}): scripts/services.sh start, or set KAFKA_BROKER`)
  process.exit(1)
}

const topic = `receipts-${process.pid}`
await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })

const consumer = kafka.consumer({ groupId: topic })
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
const worked = new Promise((resolve) => {
  consumer.run({
    eachMessage: async ({ message }) => {
      await withSpan('send receipt', () => console.log('consumes', message.value.toString()))
      resolve()
    },
  })
})

const producer = kafka.producer()
await producer.connect()
await withSpan('checkout', async (span) => {
  console.log(traceUrl(span))
  await producer.send({ topic, messages: [{ key: 'ada', value: 'order 7' }] })
})

await worked
await consumer.disconnect()
await producer.disconnect()
await admin.deleteTopics({ topics: [topic] })
await admin.disconnect()
await shutdown()
