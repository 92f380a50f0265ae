const tracer = require('dd-trace').init({
  service: 'shop',
  sampleRate: 1,
  logInjection: true,
  tags: { 'shop.region': 'eu' },
})

module.exports = tracer
