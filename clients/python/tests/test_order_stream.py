"""Tests of ordermesh.order_stream against a feed inside the test."""

import json
import unittest
from typing import Any

import grpc
from fake_feed import FakeFeed, Server, later
from google.rpc import code_pb2, status_pb2

from ordermesh.client import Client
from ordermesh.common.v1.verdict_pb2 import OrderVerdict
from ordermesh.order_stream import MAX_PAYLOAD_BYTES, OrderFailed, OrderStream


def payload(number: int) -> bytes:
    return json.dumps({"n": number}).encode()


class OrderStreamTest(unittest.TestCase):
    def setUp(self) -> None:
        self.feed = FakeFeed()
        address = self.enterContext(Server(self.feed)).address
        self.client = self.enterContext(Client(address, "omk_live_test"))

    def stream(self, **limits: Any) -> OrderStream:
        return self.enterContext(self.client.stream("p", **limits))

    def verdicts(self, stream: OrderStream, count: int) -> list[OrderVerdict]:
        futures = [stream.submit(payload(number)) for number in range(count)]
        return [future.result(20) for future in futures]

    def test_every_order_gets_its_own_verdict(self) -> None:
        verdicts = self.verdicts(self.stream(), 5000)
        self.assertTrue(all(verdict.verdict == OrderVerdict.CREATED for verdict in verdicts))
        ids = [verdict.order_id for verdict in verdicts]
        self.assertEqual(ids, [self.feed.created[payload(number)] for number in range(5000)])
        self.assertLess(len(self.feed.batches), 5000)
        self.assertEqual(self.feed.metadata[0]["x-api-key"], "omk_live_test")

    def test_a_rejection_is_a_result(self) -> None:
        self.assertEqual(self.stream().submit(b'{"bad": true}').result(5).verdict, OrderVerdict.REJECTED)

    def test_batches_keep_their_limits(self) -> None:
        self.verdicts(self.stream(max_batch=7), 100)
        self.assertLessEqual(max(self.feed.batches), 7)

    def test_a_large_order_goes_alone(self) -> None:
        stream = self.stream(max_batch_bytes=1000)
        futures = [stream.submit(json.dumps({"n": number, "text": "x" * 900})) for number in range(5)]
        for future in futures:
            self.assertEqual(future.result(5).verdict, OrderVerdict.CREATED)
        self.assertEqual(self.feed.batches, [1] * 5)

    def test_the_window_bounds_what_is_unanswered(self) -> None:
        self.verdicts(self.stream(window=3), 200)
        self.assertLessEqual(max(self.feed.batches), 3)
        self.verdicts(self.stream(window_bytes=20), 50)

    def test_what_has_no_answer_is_sent_again_after_a_break(self) -> None:
        self.feed.stream_failures = [(0, grpc.StatusCode.UNAVAILABLE), (2, grpc.StatusCode.UNAVAILABLE)]
        verdicts = self.verdicts(self.stream(max_batch=10), 100)
        self.assertEqual(len({verdict.order_id for verdict in verdicts}), 100)
        self.assertEqual(self.feed.streams, 3)

    def test_an_order_that_must_wait_is_sent_again(self) -> None:
        self.feed.refusals[payload(3)] = [later(20), later(20, code_pb2.UNAVAILABLE)]
        self.assertEqual({verdict.verdict for verdict in self.verdicts(self.stream(), 10)}, {OrderVerdict.CREATED})
        self.assertEqual(self.feed.streams, 1)

    def test_an_order_that_is_refused_for_good_fails_alone(self) -> None:
        self.feed.refusals[payload(1)] = [status_pb2.Status(code=code_pb2.NOT_FOUND, message="no such partner")]
        stream = self.stream()
        futures = [stream.submit(payload(number)) for number in range(3)]
        with self.assertRaisesRegex(OrderFailed, "NOT_FOUND: no such partner"):
            futures[1].result(5)
        self.assertEqual([futures[n].result(5).verdict for n in (0, 2)], [OrderVerdict.CREATED] * 2)

    def test_patience_ends_for_an_order_that_is_put_off_for_ever(self) -> None:
        self.feed.refusals[payload(0)] = [later(50) for _ in range(1000)]
        with self.assertRaises(OrderFailed):
            self.stream(patience=0.2).submit(payload(0)).result(5)

    def test_patience_ends_for_a_feed_that_is_silent(self) -> None:
        self.feed.silent = True
        with self.assertRaisesRegex(OrderFailed, "DEADLINE_EXCEEDED"):
            self.stream(patience=0.2).submit(payload(0)).result(8)

    def test_a_refused_stream_fails_every_order_and_takes_no_more(self) -> None:
        self.feed.stream_failures = [(0, grpc.StatusCode.UNAUTHENTICATED)]
        stream = self.stream()
        with self.assertRaises(grpc.RpcError):
            stream.submit(payload(0)).result(5)
        with self.assertRaises(grpc.RpcError):
            stream.submit(payload(1))

    def test_closing_waits_for_the_last_verdict(self) -> None:
        with self.client.stream("p") as stream:
            futures = [stream.submit(payload(number)) for number in range(1000)]
        self.assertTrue(all(future.done() for future in futures))
        with self.assertRaises(RuntimeError):
            stream.submit(payload(0))

    def test_an_unused_stream_closes(self) -> None:
        self.client.stream("p").close()
        self.assertEqual(self.feed.streams, 0)

    def test_payloads_are_checked_before_they_are_sent(self) -> None:
        stream = self.stream()
        with self.assertRaises(ValueError):
            stream.submit(b"x" * (MAX_PAYLOAD_BYTES + 1))
        with self.assertRaises(TypeError):
            stream.submit({"n": 1})  # type: ignore[arg-type]


if __name__ == "__main__":
    unittest.main()
