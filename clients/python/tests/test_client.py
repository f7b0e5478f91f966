"""Tests of ordermesh.client against a feed inside the test."""

import unittest

import grpc
from fake_feed import FakeFeed, Server

from ordermesh.client import Client
from ordermesh.common.v1.verdict_pb2 import OrderVerdict


class ClientTest(unittest.TestCase):
    def setUp(self) -> None:
        self.feed = FakeFeed()
        self.address = self.enterContext(Server(self.feed)).address

    def connect(self, **settings: object) -> Client:
        return self.enterContext(Client(self.address, "omk_live_test", **settings))  # type: ignore[arg-type]

    def test_a_verdict_comes_back_and_the_same_payload_is_replayed(self) -> None:
        client = self.connect()
        first, second = (client.submit("p", '{"n": 29.90}') for _ in range(2))
        self.assertEqual((first.verdict, second.verdict), (OrderVerdict.CREATED, OrderVerdict.REPLAYED))
        self.assertEqual(first.order_id, second.order_id)

    def test_the_payload_arrives_byte_for_byte(self) -> None:
        self.connect().submit("p", b'{ "price":29.990 }')
        self.assertEqual(list(self.feed.created), [b'{ "price":29.990 }'])

    def test_every_call_carries_key_request_id_and_trace(self) -> None:
        trace = "00-" + "1" * 32 + "-" + "2" * 16 + "-01"
        client = self.connect(trace_context=lambda: trace)
        client.submit("p", "{}", request_id="mine")
        client.submit("p", "{}")
        mine, made = self.feed.metadata
        sent = [mine[name] for name in ("x-api-key", "x-request-id", "traceparent")]
        self.assertEqual(sent, ["omk_live_test", "mine", trace])
        self.assertEqual(len(made["x-request-id"]), 36)

    def test_a_token_goes_as_bearer(self) -> None:
        with Client(self.address, token="abc") as client:
            client.submit("p", "{}")
        self.assertEqual(self.feed.metadata[0]["authorization"], "Bearer abc")

    def test_it_wants_exactly_one_credential(self) -> None:
        for key, token in (("", ""), ("k", "t")):
            with self.assertRaises(ValueError):
                Client(self.address, key, token=token)

    def test_an_unavailable_feed_is_asked_again(self) -> None:
        self.feed.unary_failures = [
            grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.CANCELLED]
        self.assertEqual(self.connect().submit("p", "{}").verdict, OrderVerdict.CREATED)
        self.assertEqual(len(self.feed.metadata), 4)

    def test_a_refusal_is_raised_at_once(self) -> None:
        self.feed.unary_failures = [grpc.StatusCode.PERMISSION_DENIED]
        with self.assertRaises(grpc.RpcError) as raised:
            self.connect().submit("p", "{}")
        self.assertEqual(raised.exception.code(), grpc.StatusCode.PERMISSION_DENIED)  # type: ignore[attr-defined]
        self.assertEqual(len(self.feed.metadata), 1)

    def test_nobody_there_fails_after_the_timeout(self) -> None:
        with Client("127.0.0.1:1", "k", timeout=0.3) as client, self.assertRaises(grpc.RpcError):
            client.submit("p", "{}")

    def test_a_batch_is_answered_in_order(self) -> None:
        answer = self.connect().submit_batch("p", ['{"n": 1}', b'{"bad": 1}', '{"n": 2}'])
        names = [OrderVerdict.Verdict.Name(each.verdict) for each in answer.results]
        self.assertEqual(names, ["CREATED", "REJECTED", "CREATED"])

    def test_a_dict_is_no_payload(self) -> None:
        with self.assertRaises(TypeError):
            self.connect().submit("p", {"n": 1})  # type: ignore[arg-type]


if __name__ == "__main__":
    unittest.main()
