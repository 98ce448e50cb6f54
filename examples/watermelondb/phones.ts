// Phones that do as they are told: a line of JSON in, a line of JSON out.
//   {"phone": "anna", "do": "create", "table": "leads", "fields": {"name": "A villa", "price": 100}}
//   {"phone": "anna", "do": "sync"}
import { createInterface } from "node:readline";

import { Refused } from "../typescript-client/src/client";
import { Phone } from "./phone";

type Order = { phone: string } & (
  | { do: "create"; table: string; fields: object }
  | { do: "update"; table: string; id: string; fields: object }
  | { do: "delete"; table: string; id: string }
  | { do: "rows"; table: string }
  | { do: "network"; on: boolean }
  | { do: "sync" }
);

const [url = "", token = ""] = process.argv.slice(2);
const phones = new Map<string, Phone>();

function phoneOf(name: string): Phone {
  const phone = phones.get(name) ?? new Phone(name, url, token);
  phones.set(name, phone);
  return phone;
}

async function carryOut(phone: Phone, order: Order): Promise<unknown> {
  switch (order.do) {
    case "create":
      return (await phone.create(order.table, order.fields)).id;
    case "update":
      return phone.update(order.table, order.id, order.fields);
    case "delete":
      return phone.remove(order.table, order.id);
    case "rows":
      return (await phone.rows(order.table)).map((row) => ({ ...row._raw }));
    case "network":
      phone.online = order.on;
      return;
    case "sync":
      return phone.sync();
  }
}

async function obey(order: Order): Promise<object> {
  try {
    return { ok: (await carryOut(phoneOf(order.phone), order)) ?? null };
  } catch (error) {
    if (error instanceof Refused) return { error: `${error.status} ${error.code}` };
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

// One line may hold several orders, which are carried out at the same time.
async function main(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const orders: Order | Order[] = JSON.parse(line);
    const answers = Array.isArray(orders) ? await Promise.all(orders.map(obey)) : await obey(orders);
    process.stdout.write(`${JSON.stringify(answers)}\n`);
  }
  process.exit(0);
}

void main();
