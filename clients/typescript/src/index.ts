import { randomUUID } from "node:crypto";
import { type Client, type Interceptor, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { type OrderVerdict } from "./gen/ordermesh/common/v1/verdict_pb.js";
import { ErrorService } from "./gen/ordermesh/error/v1/error_service_pb.js";
import { FeedService } from "./gen/ordermesh/feed/v1/feed_service_pb.js";
import { OrderService } from "./gen/ordermesh/order/v1/order_service_pb.js";
import { PartnersService } from "./gen/ordermesh/partners/v1/partners_service_pb.js";

export {
  OrderVerdict_Verdict as Verdict,
  Violation_Code as ViolationCode,
} from "./gen/ordermesh/common/v1/verdict_pb.js";
export type { OrderVerdict, Violation } from "./gen/ordermesh/common/v1/verdict_pb.js";

/** Where Ordermesh is, and who calls. Exactly one of `apiKey` and `token` is given. */
export interface Options {
  /** The partner gRPC edge, for example `https://orders.example.com` or `http://127.0.0.1:8081`. */
  baseUrl: string;
  /** The partner's API key. */
  apiKey?: string;
  /** A bearer token, for people and machines of the operator. */
  token?: string;
  /** Milliseconds that a call may take; 10,000 where it is not given. Streams have none. */
  timeoutMs?: number;
}

/** The generated clients on one connection, and the call that most need. Failures are `ConnectError`. */
export interface Ordermesh {
  feed: Client<typeof FeedService>;
  orders: Client<typeof OrderService>;
  errors: Client<typeof ErrorService>;
  partners: Client<typeof PartnersService>;
  /** Sends one order, the partner's own JSON byte for byte, and returns its verdict. Sending it again is safe. */
  submit(partnerId: string, payload: string | Uint8Array): Promise<OrderVerdict>;
}

/** Connects lazily: the first call opens the connection. Every call carries the credential and an `x-request-id`. */
export function connect(options: Options): Ordermesh {
  if (Boolean(options.apiKey) === Boolean(options.token)) throw new TypeError("give either an API key or a token");
  const headers: Interceptor = (next) => (request) => {
    if (options.apiKey) request.header.set("x-api-key", options.apiKey);
    else request.header.set("authorization", `Bearer ${options.token}`);
    if (!request.header.has("x-request-id")) request.header.set("x-request-id", randomUUID());
    return next(request);
  };
  const transport = createGrpcTransport({ baseUrl: options.baseUrl, interceptors: [headers] });
  const timeoutMs = options.timeoutMs ?? 10_000;
  const feed = createClient(FeedService, transport);
  return {
    feed,
    orders: createClient(OrderService, transport),
    errors: createClient(ErrorService, transport),
    partners: createClient(PartnersService, transport),
    submit(partnerId, payload) {
      const value = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
      return feed.submitOrder({ partnerId, content: { case: "rawPayload", value } }, { timeoutMs });
    },
  };
}
