/** nodemailer with a server of a few lines, and with one that is not there. */
import { expect, test } from 'vitest'
import { parentOf, runWays, spansOf } from '../ways.ts'

const BODY = `
const server = require('net').createServer((socket) => { let isData = false; socket.write('220 here\\r\\n'); socket.on('error', () => {}); socket.on('data', (chunk) => { for (const line of String(chunk).split('\\r\\n')) {
  if (isData) { if (line === '.') { isData = false; socket.write('250 taken\\r\\n') } } else if (/^EHLO/.test(line)) socket.write('250 here\\r\\n'); else if (/^RCPT.*refused/.test(line)) socket.write('550 nobody here\\r\\n'); else if (line === 'DATA') { isData = true; socket.write('354 go on\\r\\n') } else if (line === 'QUIT') socket.end('221 bye\\r\\n'); else if (line) socket.write('250 ok\\r\\n') } }) }).listen(0, '127.0.0.1')
await pause(20); const mailer = nodemailer.createTransport({ host: '127.0.0.1', port: server.address().port, secure: false, ignoreTLS: true }); const mail = { from: 'a@shop.test', to: 'secret@shop.test', subject: 'secret', text: 'secret', messageId: '<1@shop.test>' }
await inSpan('request', async () => {
  const { accepted, response, messageId } = await mailer.sendMail(mail); print([accepted, response, messageId])
  await new Promise((r) => mailer.sendMail(mail, (error, info) => { tracer.startSpan('callback').end(); print([error, info.accepted]); r() }))
  print(await mailer.sendMail({ ...mail, to: 'refused@shop.test' }).catch((error) => [error.code, error.responseCode, error.message]))
})
print(await nodemailer.createTransport({ jsonTransport: true }).sendMail(mail).then(({ messageId }) => messageId))
print(await nodemailer.createTransport({ host: '127.0.0.1', port: 3 }).sendMail(mail).catch(({ code }) => code)); print([mailer.sendMail.length, mailer.sendMail.name]); server.close()
`

test('mails have spans without what is in them, and the program is the same', async () => {
  for (const seen of (await runWays({ libraries: [['nodemailer', 'nodemailer']], body: BODY })).values()) {
    const spans = spansOf(seen, 'uptrace-node/nodemailer')
    expect(spans.map((span) => [span.name, span.status.code, parentOf(seen, span)])).toEqual([
      ['send mail', 0, 'request'],
      ['send mail', 0, 'request'],
      ['send mail', 2, 'request'],
      ['send mail', 0, undefined],
      ['send mail', 2, undefined],
    ])
    expect(spans[0]!.attributes).toEqual({
      'nodemailer.transport': 'SMTP',
      'network.protocol.name': 'smtp',
      'server.address': '127.0.0.1',
      'server.port': expect.any(Number),
      'email.message_id': '<1@shop.test>',
    })
    expect(spans[2]!.attributes).toMatchObject({ 'error.type': 'EENVELOPE', 'smtp.response.status_code': 550 })
    expect(JSON.stringify(spans)).not.toContain('secret')
    expect(parentOf(seen, seen.spans.find(({ name }) => name === 'callback')!)).toBe('request')
  }
})
