"""Sends orders to a running mesh with the installed package: one alone, the same, a bad one, 2,000 over a stream."""

import os
import pathlib

import grpc

from ordermesh.client import Client
from ordermesh.common.v1.verdict_pb2 import OrderVerdict, Violation
from ordermesh.order.v1.order_service_pb2 import GetOrderRequest

COUNT = 2000
PARTNER = "partner-b"


def order(number: int, quantity: int = 2) -> str:
    reference = f"{os.environ['ORDERMESH_RUN']}-python-{number}"
    return (
        f'{{"order": {{"ref": "{reference}", "placedAt": "2026-01-15 10:30:00"}}, "buyer": {{"id": "9001"}},'
        f' "items": [{{"sku": "SKU-1", "qty": {quantity}, "price": "10.50"}}], "tax": {{"ratePercent": 8}},'
        ' "currency": "EUR"}'
    )


def expect(what: str, got: object, wanted: object) -> None:
    if got != wanted:
        raise SystemExit(f"{what}: {got!r}, not {wanted!r}")


key = pathlib.Path(os.environ["ORDERMESH_KEY_FILE"]).read_text().strip()
with Client(os.environ["ORDERMESH_ADDRESS"], key, timeout=30) as client:
    first = client.submit(PARTNER, order(0))
    expect("one order", first.verdict, OrderVerdict.CREATED)
    again = client.submit(PARTNER, order(0))
    expect("the same again", (again.verdict, again.order_id), (OrderVerdict.REPLAYED, first.order_id))
    bad = client.submit(PARTNER, order(1, quantity=-1))
    expect("a bad one", bad.verdict, OrderVerdict.REJECTED)
    violation = bad.violations[0]
    expect("its violation", (violation.field, violation.code), ("quantity", Violation.RANGE))
    with client.stream(PARTNER) as stream:
        futures = [stream.submit(order(number)) for number in range(COUNT)]
    verdicts = [future.result() for future in futures]
    expect("the stream's first", (verdicts[0].verdict, verdicts[0].order_id), (OrderVerdict.REPLAYED, first.order_id))
    expect("the stream's others", {verdict.verdict for verdict in verdicts[1:]}, {OrderVerdict.CREATED})
    expect("ids", len({verdict.order_id for verdict in verdicts}), COUNT)
    stored = client.orders.GetOrder(GetOrderRequest(id=verdicts[-1].order_id))
    expect("the stored order", stored.raw_payload.decode(), order(COUNT - 1))
with Client(os.environ["ORDERMESH_ADDRESS"], "omk_live_wrong") as stranger:
    try:
        stranger.submit(PARTNER, order(0))
        raise SystemExit("a wrong key was taken")
    except grpc.RpcError as refused:
        expect("a wrong key", refused.code(), grpc.StatusCode.UNAUTHENTICATED)
print(f"python: one order, one replay, one rejection, {COUNT} over a stream, a wrong key refused")
