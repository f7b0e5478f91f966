import { type RawSearch, textParameter, timeParameter } from "@/lib/search";

/** The filters of the orders, as they stand in the address. */
export interface OrdersSearch {
  readonly partner?: string | undefined;
  /** The partner's own id of the order. */
  readonly external?: string | undefined;
  readonly product?: string | undefined;
  readonly customer?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export function ordersSearch(search: RawSearch): OrdersSearch {
  return {
    partner: textParameter(search, "partner"),
    external: textParameter(search, "external"),
    product: textParameter(search, "product"),
    customer: textParameter(search, "customer"),
    from: timeParameter(search, "from"),
    to: timeParameter(search, "to"),
  };
}
