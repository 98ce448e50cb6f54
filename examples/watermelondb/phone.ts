// A phone: WatermelonDB with its LokiJS adapter, kept in step with amocrm-sync by the client that is generated from its
// OpenAPI document.
import { Database, Model, appSchema, tableSchema } from "@nozbe/watermelondb";
import LokiJSAdapter from "@nozbe/watermelondb/adapters/lokijs";
import { field } from "@nozbe/watermelondb/decorators";
import { synchronize } from "@nozbe/watermelondb/sync";
import logger from "@nozbe/watermelondb/utils/common/logger";

import { CRM, Refused } from "../typescript-client/src/client";

logger.silence();

// The columns of amocrm-sync's tables that this app wants; it may leave out any of them.
const schema = appSchema({
  version: 1,
  tables: [
    tableSchema({
      name: "leads",
      columns: [
        { name: "name", type: "string", isOptional: true },
        { name: "price", type: "number", isOptional: true },
        { name: "remote_id", type: "string", isOptional: true },
        { name: "stage_id", type: "number", isOptional: true },
        { name: "responsible_user_id", type: "number", isOptional: true },
      ],
    }),
    tableSchema({
      name: "contacts",
      columns: [
        { name: "name", type: "string", isOptional: true },
        { name: "phone", type: "string", isOptional: true },
        { name: "email", type: "string", isOptional: true },
        { name: "remote_id", type: "string", isOptional: true },
      ],
    }),
  ],
});

export class Lead extends Model {
  static override table = "leads";

  @field("name") name!: string | null;
  @field("price") price!: number | null;
  @field("remote_id") remote_id!: string | null;
  @field("stage_id") stage_id!: number | null;
  @field("responsible_user_id") responsible_user_id!: number | null;
}

export class Contact extends Model {
  static override table = "contacts";

  @field("name") name!: string | null;
  @field("phone") phone!: string | null;
  @field("email") email!: string | null;
  @field("remote_id") remote_id!: string | null;
}

// Nothing on disk, for this runs under Node; an app leaves it out. The types do not know this option of Loki's.
const IN_MEMORY = { autosave: false, persistenceMethod: "memory" } as { autosave: boolean };

export class Phone {
  readonly database: Database;
  online = true;
  readonly #crm: CRM;

  constructor(
    readonly clientId: string,
    url: string,
    token: string,
  ) {
    const adapter = new LokiJSAdapter({
      dbName: clientId,
      schema,
      useWebWorker: false,
      useIncrementalIndexedDB: false,
      extraLokiOptions: IN_MEMORY,
    });
    this.database = new Database({ adapter, modelClasses: [Lead, Contact] });
    this.#crm = new CRM(url, () => token, (request) => this.#fetch(request as Request));
  }

  // Call it on start, after edits, on a push message, and when the network is back.
  async sync(): Promise<void> {
    const clientId = this.clientId;
    try {
      await synchronize({
        database: this.database,
        pullChanges: async ({ lastPulledAt, schemaVersion, migration }) => {
          const known = lastPulledAt ? { lastPulledAt } : {};
          const { changes, timestamp } = await this.#crm.pullChanges({ clientId, schemaVersion, migration, ...known });
          return { changes: onlyOurs(changes), timestamp };
        },
        pushChanges: ({ changes, lastPulledAt }) => this.#crm.pushChanges({ changes, lastPulledAt, clientId }),
      });
    } catch (error) {
      if (error instanceof Refused && error.status === 410) await this.startAgain();
      throw error;
    }
  }

  // The server says that this copy is void: the data were restored, or the phone was away for months.
  async startAgain(): Promise<void> {
    await this.database.write(() => this.database.unsafeResetDatabase());
  }

  rows(table: string): Promise<Model[]> {
    return this.database.get(table).query().fetch();
  }

  create(table: string, fields: object): Promise<Model> {
    return this.database.write(() => this.database.get(table).create((row) => void Object.assign(row, fields)));
  }

  async update(table: string, id: string, fields: object): Promise<void> {
    const found = await this.database.get(table).find(id);
    await this.database.write(() => found.update((row) => void Object.assign(row, fields)));
  }

  async remove(table: string, id: string): Promise<void> {
    const found = await this.database.get(table).find(id);
    await this.database.write(() => found.markAsDeleted());
  }

  // The test pulls the plug here.
  #fetch(request: Request): Promise<Response> {
    return this.online ? fetch(request) : Promise.reject(new Error("no network"));
  }
}

function onlyOurs<T>(changes: { [table: string]: T }): { [table: string]: T } {
  return Object.fromEntries(Object.entries(changes).filter(([table]) => table in schema.tables));
}
