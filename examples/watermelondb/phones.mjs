// Phones that do as they are told: a line of JSON in, a line of JSON out.
//   {"phone": "anna", "do": "create", "table": "leads", "fields": {"name": "A villa", "price": 100}}
//   {"phone": "anna", "do": "sync"}
import { createInterface } from 'node:readline'

import { Phone } from './phone.mjs'

const [url, token] = process.argv.slice(2)
const phones = new Map()

const DEEDS = {
  create: async (phone, { table, fields }) => (await phone.create(table, fields)).id,
  update: (phone, { table, id, fields }) => phone.update(table, id, fields).then(() => null),
  delete: (phone, { table, id }) => phone.remove(table, id).then(() => null),
  network: (phone, { on }) => void (phone.online = on),
  sync: (phone) => phone.sync().then(() => null),
  rows: async (phone, { table }) => (await phone.rows(table)).map((row) => ({ ...row._raw })),
}

async function obey(order) {
  const name = order.phone
  if (!phones.has(name)) phones.set(name, new Phone(name, url, token))
  try {
    return { ok: (await DEEDS[order.do](phones.get(name), order)) ?? null }
  } catch (error) {
    return { error: error.message }
  }
}

// One line may hold several orders, which are carried out at the same time.
for await (const line of createInterface({ input: process.stdin })) {
  const orders = JSON.parse(line)
  const answers = Array.isArray(orders) ? await Promise.all(orders.map(obey)) : await obey(orders)
  process.stdout.write(`${JSON.stringify(answers)}\n`)
}
process.exit(0)
