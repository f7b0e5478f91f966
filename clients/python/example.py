import os
import pathlib

from ordermesh.client import Client
from ordermesh.common.v1.verdict_pb2 import OrderVerdict

key = pathlib.Path(os.environ["ORDERMESH_KEY_FILE"]).read_text().strip()
with Client(os.environ["ORDERMESH_ADDRESS"], key) as client:
    verdict = client.submit("partner-b", pathlib.Path("order.json").read_bytes())
    print(OrderVerdict.Verdict.Name(verdict.verdict), verdict.order_id or verdict.violations)
