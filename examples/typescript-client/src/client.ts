/** A client of the routes: paths, parameters, bodies and answers are those of the host's OpenAPI document. */

import createClient from "openapi-fetch";

import type { components, paths } from "./routes.js";

type Schemas = components["schemas"];
export type Status = Schemas["ConnectionState"];
/** What a refusal says; `expected` comes with a gap, `new_epoch` with a copy that is void. */
export type Problem = Schemas["ProblemAnswer"] & Partial<Schemas["GapAnswer"] & Schemas["MustRefetchAnswer"]>;
export type Snapshot = Schemas["OfflineSnapshot"];
export type Changes = Schemas["OfflineChanges"];
export type Row = Schemas["OfflineRow"];
export type Taken = Schemas["OfflineTaken"];
export type Result = Taken["results"][number];
export type Standing = Schemas["OfflineStatus"];
type Outgoing = paths["/api/sync/outgoing"]["post"]["requestBody"]["content"]["application/json"];
export type Mutation = Outgoing["mutations"][number];
type Melon = paths["/api/sync/watermelon"];
export type PullArgs = Omit<NonNullable<Melon["get"]["parameters"]["query"]>, "migration"> & { migration?: object | null };
export type Pulled = Schemas["WatermelonChanges"];
export type PushArgs = Melon["post"]["requestBody"]["content"]["application/json"];
export type Pushed = Schemas["WatermelonPushed"];

/** What a host refused, with its reason. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly problem: Partial<Problem>,
  ) {
    super(message);
  }
}

/** The routes of one host for one signed-in user; `token` is asked for each request, so that it may be renewed. */
export class CRM {
  readonly #routes;

  constructor(host: string, token: () => string | Promise<string>, fetch?: typeof globalThis.fetch) {
    this.#routes = createClient<paths>({ baseUrl: host, ...(fetch ? { fetch } : {}) });
    this.#routes.use({
      onRequest: async ({ request }) => {
        request.headers.set("Authorization", `Bearer ${await token()}`);
        return request;
      },
    });
  }

  /** Whether the user's account is connected. */
  async status(): Promise<Status> {
    return given(await this.#routes.GET("/api/amo-crm/status"));
  }

  /** Where to send the user for consent. */
  async consentAddress(): Promise<string> {
    return given(await this.#routes.GET("/api/amo-crm/auth-url")).url;
  }

  /** Hand over the code that came back by the deep link. */
  async connect(code: string, state: string, referer: string): Promise<void> {
    given(await this.#routes.POST("/api/amo-crm/exchange-code", { body: { code, state, referer } }));
  }

  /** A page of everything, when there is no copy yet: the first one, or the one that `next` of the page before names. */
  async initial(client: string, more: { page?: string; limit?: number } = {}): Promise<Snapshot> {
    const query = { client_id: client, ...more };
    return given(await this.#routes.GET("/api/sync/initial", { params: { query } }));
  }

  /** What has changed since the cursor of the answer before. */
  async changes(client: string, since: string): Promise<Changes> {
    const query = { client_id: client, since };
    return given(await this.#routes.GET("/api/sync/incremental", { params: { query } }));
  }

  /** Send what was changed on this device, in order; sending it again does nothing. */
  async send(client: string, mutations: Mutation[]): Promise<Taken> {
    return given(await this.#routes.POST("/api/sync/outgoing", { body: { client_id: client, mutations } }));
  }

  /** Where this device stands, and how far its edits have come on their way to amoCRM. */
  async standing(client: string): Promise<Standing> {
    return given(await this.#routes.GET("/api/sync/status", { params: { query: { client_id: client } } }));
  }

  /** WatermelonDB's `pullChanges`. */
  async pullChanges({ migration, ...known }: PullArgs): Promise<Pulled> {
    const query = migration ? { ...known, migration: JSON.stringify(migration) } : known;
    return given(await this.#routes.GET("/api/sync/watermelon", { params: { query } }));
  }

  /** WatermelonDB's `pushChanges`: all of it or nothing. */
  async pushChanges(body: PushArgs): Promise<Pushed> {
    return given(await this.#routes.POST("/api/sync/watermelon", { body }));
  }
}

function given<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data !== undefined) return answer.data;
  const problem = (answer.error ?? {}) as Partial<Problem>;
  throw new Refused(answer.response.status, problem.code ?? "unknown", problem.detail ?? "no answer", problem);
}
