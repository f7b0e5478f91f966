import type { Order } from "@/api";
import type { Money } from "@/lib/money";
import type { OrdersSearch } from "./search";

/** What the table keeps of an order: a hundred thousand of them stay in memory, so their lines do not. */
export interface OrderRow {
  readonly id: string;
  readonly externalOrderId: string;
  readonly partnerId: string;
  readonly sequenceNumber: string | undefined;
  readonly customerId: string;
  readonly lineCount: number;
  readonly netAmount: Money | undefined;
  readonly grossAmount: Money | undefined;
  readonly taxAmount: Money | undefined;
  readonly transactionTime: string | undefined;
  readonly receivedTime: string | undefined;
  readonly processedAt: string | undefined;
  readonly mappingVersion: number;
}

export function toRow(order: Order): OrderRow {
  return {
    id: order.id ?? "",
    externalOrderId: order.externalOrderId ?? "",
    partnerId: order.partnerId ?? "",
    sequenceNumber: order.sequenceNumber,
    customerId: order.customerId ?? "",
    lineCount: order.lines?.length ?? 0,
    netAmount: order.netAmount,
    grossAmount: order.grossAmount,
    taxAmount: order.taxAmount,
    transactionTime: order.transactionTime,
    receivedTime: order.receivedTime,
    processedAt: order.processedAt,
    mappingVersion: order.mappingVersion ?? 0,
  };
}

/** The filters as the API names them. */
export function queryOf(search: OrdersSearch) {
  const { partner, external, product, customer, from, to } = search;
  return {
    ...(partner && { partnerId: partner }),
    ...(external && { externalOrderId: external }),
    ...(product && { productId: product }),
    ...(customer && { customerId: customer }),
    ...(from && { from }),
    ...(to && { to }),
  };
}

/** Whether an order of the stream, which knows only the partner as a filter, belongs to the list. */
export function matches(order: Order, search: OrdersSearch): boolean {
  const { partner, external, product, customer, from, to } = search;
  const time = Date.parse(order.transactionTime ?? "");
  return (
    (!partner || order.partnerId === partner) &&
    (!external || order.externalOrderId === external) &&
    (!product || (order.lines ?? []).some(({ productId }) => productId === product)) &&
    (!customer || order.customerId === customer) &&
    (!from || time >= Date.parse(from)) &&
    (!to || time < Date.parse(to))
  );
}

/** How many filters are set. */
export function filterCount(search: OrdersSearch): number {
  return Object.values(search).filter(Boolean).length;
}

/** The same list on the command line. */
export function listCommand(search: OrdersSearch): string {
  const { partner, external, product, customer, from, to } = search;
  const flags: [name: string, value: string | undefined][] = [
    ["partner", partner],
    ["external-id", external],
    ["product", product],
    ["customer", customer],
    ["from", from],
    ["to", to],
  ];
  const quoted = (value: string) => (/^[\w.:@/-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`);
  const given = flags.flatMap(([name, value]) => (value ? [`--${name} ${quoted(value)}`] : []));
  return ["ordermesh orders list", ...given].join(" ");
}
