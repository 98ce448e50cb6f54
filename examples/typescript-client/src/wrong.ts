/** What must not compile: each of these lines is an error, or `tsc` complains that it is none. */

import { CRM, type Mutation } from "./client.js";

const crm = new CRM("https://host.example", () => "token");

// @ts-expect-error - an operation that does not exist
const merge: Mutation = { id: 1, entity: "leads", uid: "u1", op: "merge" };

// @ts-expect-error - the cursor is needed
await crm.changes("phone-1");

// @ts-expect-error - a field that the answer does not have
(await crm.status()).surprise;

export { merge };
