/** Express with a body parser, one middleware, one router and one route. */
const express = require('express')
const { listening } = require('./report.cjs')

const app = express()
app.use(express.json())
app.use((request, _response, next) => {
  request.user = 'ada'
  next()
})
const users = express.Router()
users.get('/:id', (request, response) => response.json({ id: request.params.id, name: request.user }))
app.use('/users', users)
const server = app.listen(0, '127.0.0.1', () => listening(server))
