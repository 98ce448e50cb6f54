// A phone: WatermelonDB with its LokiJS adapter, kept in step with amocrm-sync over HTTP.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { Database, Model, appSchema, tableSchema } = require('@nozbe/watermelondb')
const { default: LokiJSAdapter } = require('@nozbe/watermelondb/adapters/lokijs')
const { synchronize } = require('@nozbe/watermelondb/sync')
const { default: logger } = require('@nozbe/watermelondb/utils/common/logger')

logger.silence()

// The columns of amocrm-sync's tables that this app wants; it may leave out any of them.
const COLUMNS = {
  leads: { name: 'string', price: 'number', remote_id: 'string', stage_id: 'number', responsible_user_id: 'number' },
  contacts: { name: 'string', phone: 'string', email: 'string', remote_id: 'string' },
}

const schema = appSchema({
  version: 1,
  tables: Object.entries(COLUMNS).map(([name, columns]) =>
    tableSchema({
      name,
      columns: Object.entries(columns).map(([column, type]) => ({ name: column, type, isOptional: true })),
    }),
  ),
})

// An app writes its models by hand, with decorators; here they are made from the table above.
const modelClasses = Object.entries(COLUMNS).map(([table, columns]) => {
  const Row = class extends Model {
    static table = table
  }
  for (const column of Object.keys(columns)) {
    Object.defineProperty(Row.prototype, column, {
      get() {
        return this._getRaw(column)
      },
      set(value) {
        this._setRaw(column, value)
      },
    })
  }
  return Row
})

export class Phone {
  constructor(clientId, url, token) {
    this.clientId = clientId
    this.url = url
    this.token = token
    this.online = true
    const adapter = new LokiJSAdapter({
      dbName: clientId,
      schema,
      useWebWorker: false,
      useIncrementalIndexedDB: false,
      extraLokiOptions: { autosave: false, persistenceMethod: 'memory' },
    })
    this.database = new Database({ adapter, modelClasses })
  }

  // Call it on start, after edits, on a push message, and when the network is back.
  async sync() {
    await synchronize({
      database: this.database,
      pullChanges: async ({ lastPulledAt, schemaVersion, migration }) => {
        const query = new URLSearchParams({ clientId: this.clientId, schemaVersion })
        if (lastPulledAt) query.set('lastPulledAt', lastPulledAt)
        if (migration) query.set('migration', JSON.stringify(migration))
        const { changes, timestamp } = await this.ask('GET', `/api/sync/watermelon?${query}`)
        return { changes: onlyOurs(changes), timestamp }
      },
      pushChanges: async ({ changes, lastPulledAt }) =>
        this.ask('POST', '/api/sync/watermelon', { changes, lastPulledAt, clientId: this.clientId }),
    })
  }

  async ask(method, path, body) {
    if (!this.online) throw new Error('no network')
    const response = await fetch(this.url + path, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
    })
    const answer = await response.json()
    if (response.status === 410) await this.startAgain()
    if (!response.ok) throw new Error(`${response.status} ${answer.code}`)
    return answer
  }

  // The server says that this copy is void: the data were restored, or the phone was away for months.
  async startAgain() {
    await this.database.write(() => this.database.unsafeResetDatabase())
  }

  rows(table) {
    return this.database.get(table).query().fetch()
  }

  create(table, fields) {
    return this.database.write(() => this.database.get(table).create((row) => Object.assign(row, fields)))
  }

  async update(table, id, fields) {
    const found = await this.database.get(table).find(id)
    return this.database.write(() => found.update((row) => Object.assign(row, fields)))
  }

  async remove(table, id) {
    const found = await this.database.get(table).find(id)
    return this.database.write(() => found.markAsDeleted())
  }
}

function onlyOurs(changes) {
  return Object.fromEntries(Object.entries(changes).filter(([table]) => table in COLUMNS))
}
