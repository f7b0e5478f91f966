"""A feed inside the test: answers by what the payload says, and can break in every way that the helper must bear."""

from __future__ import annotations

import json
import threading
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2

from ordermesh.common.v1 import verdict_pb2
from ordermesh.feed.v1 import feed_service_pb2, feed_service_pb2_grpc


def later(milliseconds: int, code: int = code_pb2.RESOURCE_EXHAUSTED) -> status_pb2.Status:
    """A refusal that asks to come again."""
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(nanos=milliseconds * 1_000_000)))
    return status_pb2.Status(code=code, message="later", details=[detail])


class FakeFeed(feed_service_pb2_grpc.FeedServiceServicer):
    """Creates each payload once; `refuse` says what to answer in place of a verdict."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.created: dict[bytes, str] = {}
        self.metadata: list[dict[str, Any]] = []
        self.batches: list[int] = []
        self.streams = 0
        self.unary_failures: list[grpc.StatusCode] = []
        self.stream_failures: list[tuple[int, grpc.StatusCode]] = []  # (messages answered before, how it ends)
        self.refusals: dict[bytes, list[status_pb2.Status]] = {}
        self.silent = False
        self.ended = threading.Event()

    def verdict(self, payload: bytes) -> verdict_pb2.OrderVerdict:
        with self.lock:
            if json.loads(payload).get("bad"):
                return verdict_pb2.OrderVerdict(verdict=verdict_pb2.OrderVerdict.REJECTED, error_id="e")
            known = payload in self.created
            order_id = self.created.setdefault(payload, f"order-{len(self.created)}")
            name = verdict_pb2.OrderVerdict.REPLAYED if known else verdict_pb2.OrderVerdict.CREATED
            return verdict_pb2.OrderVerdict(verdict=name, order_id=order_id)

    def SubmitOrder(self, request: Any, context: Any) -> verdict_pb2.OrderVerdict:
        self.metadata.append(dict(context.invocation_metadata()))
        if self.unary_failures:
            context.abort(self.unary_failures.pop(0), "planted")
        return self.verdict(request.raw_payload)

    def BatchSubmitOrders(self, request: Any, context: Any) -> feed_service_pb2.BatchSubmitOrdersResponse:
        results = [self.verdict(order.raw_payload) for order in request.orders]
        return feed_service_pb2.BatchSubmitOrdersResponse(results=results)

    def StreamOrders(self, requests: Any, context: Any) -> Any:
        self.streams += 1
        self.metadata.append(dict(context.invocation_metadata()))
        failure = self.stream_failures.pop(0) if self.stream_failures else None
        answered = 0
        for request in requests:
            if failure and answered == failure[0]:
                context.abort(failure[1], "planted")
            self.batches.append(len(request.orders))
            if self.silent:
                self.ended.wait(10)
                return
            yield feed_service_pb2.StreamOrdersResponse(results=[self.result(order) for order in request.orders])
            answered += 1

    def result(self, order: Any) -> verdict_pb2.OrderResult:
        refusals = self.refusals.get(order.raw_payload)
        if refusals:
            return verdict_pb2.OrderResult(tag=order.tag, status=refusals.pop(0))
        return verdict_pb2.OrderResult(tag=order.tag, verdict=self.verdict(order.raw_payload))


class Server:
    """The feed on a port of its own; use it in a ``with`` statement."""

    def __init__(self, feed: FakeFeed) -> None:
        self._feed = feed
        self._server = grpc.server(futures.ThreadPoolExecutor(8))
        feed_service_pb2_grpc.add_FeedServiceServicer_to_server(feed, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def __enter__(self) -> Server:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._feed.ended.set()
        self._server.stop(None).wait()
