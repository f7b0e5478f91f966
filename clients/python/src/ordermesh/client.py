"""A connection to Ordermesh: credentials, deadline, retries and request ids on every call."""

from __future__ import annotations

import importlib.resources
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import grpc

from ordermesh.common.v1 import verdict_pb2
from ordermesh.error.v1 import error_service_pb2_grpc
from ordermesh.feed.v1 import feed_service_pb2, feed_service_pb2_grpc
from ordermesh.order.v1 import order_service_pb2_grpc
from ordermesh.order_stream import OrderStream
from ordermesh.partners.v1 import partners_service_pb2_grpc

_MAX_MESSAGE_BYTES = 16 << 20


class Client:
    """One connection, safe to use from many threads; close it, or use it in a ``with`` statement.

    :param address: ``host:port`` of the partner gRPC edge.
    :param api_key: the partner's API key; ``token`` is a bearer token instead, for people and machines of the operator.
    :param tls: False for a plaintext edge (local use only), True for TLS with the system's roots, bytes for TLS with
        these PEM roots.
    :param timeout: seconds a unary call may take, all retries included.
    :param trace_context: returns the W3C ``traceparent`` of the calling code's span, or None.

    Unary calls that fail with UNAVAILABLE, RESOURCE_EXHAUSTED or CANCELLED are sent again up to five times: sending an order again
    is safe. Other failures, and the last of these, raise ``grpc.RpcError``. Verdicts are results, never exceptions.
    ``feed``, ``orders``, ``errors`` and ``partners`` are the generated stubs on this connection.
    """

    def __init__(
        self,
        address: str,
        api_key: str = "",
        *,
        token: str = "",
        tls: bool | bytes = False,
        timeout: float = 10.0,
        trace_context: Callable[[], str | None] | None = None,
    ) -> None:
        if bool(api_key) == bool(token):
            raise ValueError("give either an API key or a token")
        credential = ("x-api-key", api_key) if api_key else ("authorization", f"Bearer {token}")
        config = importlib.resources.files("ordermesh").joinpath("service_config.json").read_text("utf-8")
        options: list[tuple[str, Any]] = [
            ("grpc.service_config", config),
            ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.min_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 1000),
        ]
        if tls is False:
            channel = grpc.insecure_channel(address, options)
        else:
            roots = tls if isinstance(tls, bytes) else None
            channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(roots), options)
        self._channel = channel
        calls = grpc.intercept_channel(channel, _Headers(credential, timeout, trace_context))
        self.feed = feed_service_pb2_grpc.FeedServiceStub(calls)
        self.orders = order_service_pb2_grpc.OrderServiceStub(calls)
        self.errors = error_service_pb2_grpc.ErrorServiceStub(calls)
        self.partners = partners_service_pb2_grpc.PartnersServiceStub(calls)

    def submit(self, partner_id: str, payload: bytes | str, *, request_id: str = "") -> verdict_pb2.OrderVerdict:
        """Sends one order, the partner's own JSON byte for byte, and returns its verdict."""
        request = feed_service_pb2.SubmitOrderRequest(partner_id=partner_id, raw_payload=to_bytes(payload))
        metadata = (("x-request-id", request_id),) if request_id else ()
        return self.feed.SubmitOrder(request, metadata=metadata)

    def submit_batch(
        self, partner_id: str, payloads: Sequence[bytes | str]
    ) -> feed_service_pb2.BatchSubmitOrdersResponse:
        """Sends 1 to 10,000 orders, 8 MiB at most, and returns their verdicts in the order sent."""
        orders = [feed_service_pb2.OrderInput(raw_payload=to_bytes(payload)) for payload in payloads]
        request = feed_service_pb2.BatchSubmitOrdersRequest(partner_id=partner_id, orders=orders)
        return self.feed.BatchSubmitOrders(request)

    def stream(self, partner_id: str, **limits: Any) -> OrderStream:
        """Opens a stream for many orders of one partner; see :class:`OrderStream` for the limits."""
        return OrderStream(self.feed.StreamOrders, partner_id, **limits)

    def close(self) -> None:
        """Ends the connection; calls that are under way fail."""
        self._channel.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def to_bytes(payload: bytes | str) -> bytes:
    """The payload as it is sent. A dict is refused: Python would write its numbers in its own way."""
    if isinstance(payload, str):
        return payload.encode("utf-8")
    if not isinstance(payload, bytes):
        raise TypeError("a payload is JSON text as bytes or str, so that it arrives as it was written")
    return payload


class _Headers(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    """Puts credential, request id and trace context on every call, and a deadline on unary ones."""

    def __init__(
        self, credential: tuple[str, str], timeout: float, trace_context: Callable[[], str | None] | None
    ) -> None:
        self._credential = credential
        self._timeout = timeout
        self._trace_context = trace_context

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return continuation(self._with_headers(details, self._timeout), request)

    def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        return continuation(self._with_headers(details, None), request)

    def intercept_stream_stream(self, continuation: Any, details: Any, requests: Any) -> Any:
        return continuation(self._with_headers(details, None), requests)

    def _with_headers(self, details: Any, timeout: float | None) -> _CallDetails:
        metadata = dict(details.metadata or ())
        metadata.setdefault("x-request-id", str(uuid.uuid4()))
        metadata.setdefault(*self._credential)
        traceparent = self._trace_context() if self._trace_context else None
        if traceparent:
            metadata.setdefault("traceparent", traceparent)
        return _CallDetails(details, tuple(metadata.items()), details.timeout or timeout)


class _CallDetails(grpc.ClientCallDetails):
    """The details of a call with other metadata and timeout."""

    def __init__(self, base: Any, metadata: tuple[tuple[str, str | bytes], ...], timeout: float | None) -> None:
        self.method = base.method
        self.metadata = metadata
        self.timeout = timeout
        self.credentials = base.credentials
        self.wait_for_ready = base.wait_for_ready
        self.compression = base.compression
