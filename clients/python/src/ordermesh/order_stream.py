"""Many orders over one stream: batched by pressure, with a bounded window, resent after a reconnect."""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.rpc import code_pb2, error_details_pb2, status_pb2

from ordermesh.common.v1 import verdict_pb2
from ordermesh.feed.v1 import feed_service_pb2

MAX_PAYLOAD_BYTES = 1 << 20
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 1.0
_LOOK_EVERY_S = 1.0
_FAREWELL_S = 5.0  # How long a server may take to end a stream on which all is answered.

# A stream that ends so may be opened again; any other end would be the same again.
_PASSING = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
}


class OrderFailed(Exception):
    """No verdict could be had; ``status`` says why. Sending the order again is safe."""

    def __init__(self, status: status_pb2.Status) -> None:
        super().__init__(f"{code_pb2.Code.Name(status.code)}: {status.message}")
        self.status = status


@dataclass
class _Item:
    payload: bytes
    first_sent: float
    future: Future[verdict_pb2.OrderVerdict] = field(default_factory=Future)


class OrderStream:
    """Sends orders of one partner and gives a future for each verdict.

    Made by :meth:`Client.stream`; safe to use from many threads.

    :param window: unanswered orders at most; :meth:`submit` waits while they are that many.
    :param window_bytes: bytes of unanswered orders at most.
    :param max_batch: orders in one message at most. A message is sent as soon as the connection takes one, with what
        has come by then.
    :param max_batch_bytes: bytes of orders in one message at most, where it holds more than one.
    :param patience: seconds after which an order without a verdict fails with :class:`OrderFailed` (DEADLINE_EXCEEDED).

    A stream that breaks is opened again and the unanswered orders are sent again. An order that the mesh could not take
    at the moment (UNAVAILABLE, RESOURCE_EXHAUSTED) is sent again after the delay that the mesh asked for.
    """

    def __init__(
        self,
        open_stream: Callable[[Iterator[feed_service_pb2.StreamOrdersRequest]], Any],
        partner_id: str,
        *,
        window: int = 8192,
        window_bytes: int = 64 << 20,
        max_batch: int = 512,
        max_batch_bytes: int = 1 << 20,
        patience: float = 60.0,
    ) -> None:
        self._open_stream = open_stream
        self._partner_id = partner_id
        self._window = window
        self._window_bytes = window_bytes
        self._max_batch = max_batch
        self._max_batch_bytes = max_batch_bytes
        self._patience = patience
        # Guards everything below; notified of every change.
        self._changed = threading.Condition()
        self._unanswered: dict[int, _Item] = {}  # By tag, oldest first.
        self._unanswered_bytes = 0
        self._ready: deque[int] = deque()
        self._delayed: list[tuple[float, int]] = []
        self._next_tag = 1
        self._generation = 0
        self._call: Any = None
        self._closing = False
        self._failure: Exception | None = None
        self._runner = threading.Thread(target=self._run, name="ordermesh-stream", daemon=True)
        self._runner.start()

    def submit(self, payload: bytes | str) -> Future[verdict_pb2.OrderVerdict]:
        """Queues one order, the partner's own JSON byte for byte, and returns the future of its verdict.

        Waits while the window is full. Raises ValueError above 1 MiB, and what ended the stream once it has ended.
        """
        data = payload.encode("utf-8") if isinstance(payload, str) else payload
        if not isinstance(data, bytes):
            raise TypeError("a payload is JSON text as bytes or str, so that it arrives as it was written")
        if len(data) > MAX_PAYLOAD_BYTES:
            raise ValueError(f"an order is at most {MAX_PAYLOAD_BYTES} bytes, this one has {len(data)}")
        with self._changed:
            while self._failure is None and not self._closing and self._is_full(len(data)):
                self._changed.wait()
            if self._failure is not None:
                raise self._failure
            if self._closing:
                raise RuntimeError("the stream was closed")
            item = _Item(data, time.monotonic())
            item.future.set_running_or_notify_cancel()  # What is sent cannot be taken back.
            tag = self._next_tag
            self._next_tag += 1
            self._unanswered[tag] = item
            self._unanswered_bytes += len(data)
            self._ready.append(tag)
            self._changed.notify_all()
        return item.future

    def close(self) -> None:
        """Waits until every order has its verdict or its failure, and ends the stream."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            while self._unanswered:
                self._changed.wait()
        self._runner.join(_FAREWELL_S)
        if self._runner.is_alive() and self._call is not None:
            self._call.cancel()
        self._runner.join()

    def __enter__(self) -> OrderStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _is_full(self, more: int) -> bool:
        if not self._unanswered:
            return False
        return len(self._unanswered) >= self._window or self._unanswered_bytes + more > self._window_bytes

    def _run(self) -> None:
        try:
            self._stream_until_closed()
        except Exception as error:  # Nobody may wait for ever for what this thread will not do any more.
            self._fail(error)

    def _stream_until_closed(self) -> None:
        pause = _FIRST_PAUSE_S
        while self._wait_for_work():
            generation = self._begin()
            call = self._open_stream(self._requests(generation))
            with self._changed:
                self._call = call
            try:
                for response in call:
                    pause = _FIRST_PAUSE_S
                    self._settle(response.results)
            except grpc.RpcError as error:
                if error.code() not in _PASSING:
                    raise
            self._end(generation)
            if self._unanswered:
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)

    def _wait_for_work(self) -> bool:
        with self._changed:
            while not self._unanswered and not self._closing:
                self._changed.wait()
            return bool(self._unanswered)

    def _begin(self) -> int:
        with self._changed:
            # Nothing of the last stream will be answered any more: all of it is sent again.
            self._ready = deque(self._unanswered)
            self._delayed.clear()
            self._generation += 1
            return self._generation

    def _end(self, generation: int) -> None:
        with self._changed:
            if self._generation == generation:
                self._generation += 1  # Ends the request iterator, wherever it waits.
            self._call = None
            self._changed.notify_all()
        self._give_up_old()

    def _requests(self, generation: int) -> Iterator[feed_service_pb2.StreamOrdersRequest]:
        """What gRPC sends: it asks for the next message when the connection takes one."""
        while True:
            orders = self._next_batch(generation)
            if orders is None:
                return
            yield feed_service_pb2.StreamOrdersRequest(partner_id=self._partner_id, orders=orders)

    def _next_batch(self, generation: int) -> list[feed_service_pb2.OrderInput] | None:
        with self._changed:
            while True:
                if generation != self._generation or (self._closing and not self._unanswered):
                    return None
                now = time.monotonic()
                while self._delayed and self._delayed[0][0] <= now:
                    self._ready.append(heapq.heappop(self._delayed)[1])
                orders = self._take_ready()
                if orders:
                    return orders
                if self._is_silent(now):
                    # No answer for too long: a new connection may have one.
                    self._call.cancel()
                    return None
                due = self._delayed[0][0] - now if self._delayed else _LOOK_EVERY_S
                self._changed.wait(min(due, _LOOK_EVERY_S))

    def _take_ready(self) -> list[feed_service_pb2.OrderInput]:
        orders: list[feed_service_pb2.OrderInput] = []
        size = 0
        while self._ready and len(orders) < self._max_batch:
            tag = self._ready[0]
            item = self._unanswered.get(tag)
            if item is None:
                self._ready.popleft()
                continue
            if orders and size + len(item.payload) > self._max_batch_bytes:
                break
            self._ready.popleft()
            size += len(item.payload)
            orders.append(feed_service_pb2.OrderInput(tag=tag, raw_payload=item.payload))
        return orders

    def _is_silent(self, now: float) -> bool:
        oldest = next(iter(self._unanswered.values()), None)
        return oldest is not None and self._call is not None and now - oldest.first_sent > self._patience

    def _settle(self, results: Any) -> None:
        """Answers futures outside the lock: what waits for them may submit more."""
        answered: list[tuple[_Item, verdict_pb2.OrderResult]] = []
        now = time.monotonic()
        with self._changed:
            for result in results:
                item = self._unanswered.get(result.tag)
                if item is None:
                    continue
                delay = _delay_of(result)
                if delay is not None and now + delay - item.first_sent < self._patience:
                    heapq.heappush(self._delayed, (now + delay, result.tag))
                    continue
                self._forget(result.tag)
                answered.append((item, result))
            self._changed.notify_all()
        for item, result in answered:
            if result.HasField("verdict"):
                item.future.set_result(result.verdict)
            else:
                item.future.set_exception(OrderFailed(result.status))

    def _forget(self, tag: int) -> None:
        self._unanswered_bytes -= len(self._unanswered.pop(tag).payload)

    def _give_up_old(self) -> None:
        now = time.monotonic()
        with self._changed:
            old = [tag for tag, item in self._unanswered.items() if now - item.first_sent > self._patience]
            items = [self._unanswered[tag] for tag in old]
            for tag in old:
                self._forget(tag)
            self._changed.notify_all()
        status = status_pb2.Status(code=code_pb2.DEADLINE_EXCEEDED, message=f"no verdict within {self._patience} s")
        for item in items:
            item.future.set_exception(OrderFailed(status))

    def _fail(self, error: Exception) -> None:
        with self._changed:
            self._failure = error
            self._generation += 1
            items = list(self._unanswered.values())
            self._unanswered.clear()
            self._unanswered_bytes = 0
            self._changed.notify_all()
        for item in items:
            item.future.set_exception(error)


def _delay_of(result: verdict_pb2.OrderResult) -> float | None:
    """Seconds after which the order may be sent again; None where the result is final."""
    if result.HasField("verdict") or result.status.code not in (code_pb2.UNAVAILABLE, code_pb2.RESOURCE_EXHAUSTED):
        return None
    for detail in result.status.details:
        info = error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            return float(max(0.0, info.retry_delay.seconds + info.retry_delay.nanos / 1e9))
    return _FIRST_PAUSE_S
