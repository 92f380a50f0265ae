// Step by step: one function that asks a service and reads its answer, from no span to a trace that explains a failure.

// 1. configure first, and once; a DSN comes from UPTRACE_DSN
import { createServer } from 'node:http'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'tutorial', serviceVersion: '1.0.0' })

// 2. something to ask: which country an address belongs to
const service = createServer((request, response) => {
  response.end(request.url === '/8.8.8.8' ? '1;US;USA;United States' : '0;;;')
}).listen(0, '127.0.0.1')
await new Promise((resolve) => service.once('listening', resolve))

// 3. a span for each step; requests by fetch have one without doing anything
async function fetchCountry(ip) {
  const response = await fetch(`http://127.0.0.1:${service.address().port}/${ip}`)
  return response.text()
}

// 4. attributes say what it was about; what a function throws is recorded on its span
function parseCountry(text) {
  return withSpan('parse country', (span) => {
    const [found, , , name] = text.split(';')
    if (found !== '1') throw new Error('no such address')
    span.setAttribute('geo.country.name', name)
    return name
  })
}

// 5. the span round it all, and where to look at it
for (const ip of ['8.8.8.8', '10.0.0.1']) {
  await withSpan('find country', { attributes: { 'client.address': ip } }, async (span) => {
    console.log(traceUrl(span))
    console.log(ip, await fetchCountry(ip).then(parseCountry))
  }).catch((error) => console.log(ip, error.message))
}

// 6. a short program says when it is done
service.close()
await shutdown()
