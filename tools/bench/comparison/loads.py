"""The loads of the mesh by name: what ordermesh-bench is told."""

SINGLE_IN_FLIGHT = 64
BATCH = 256

_BATCHES = ["--streams", "4", "--batch", str(BATCH), "--window", "2048"]

# Each of them can be made an open loop by --rate, where --window does not belong.
FLAGS = {
    "batch": ["--direct", "--shape", "typed", *_BATCHES],
    "batch512": ["--direct", "--shape", "typed", "--streams", "4", "--batch", "512", "--window", "2048"],
    "proxy": ["--edge", "--shape", "typed", *_BATCHES],
    # More streams than the feed's queue has room for at 8,192 unanswered orders a stream: it must refuse.
    "crowd": ["--direct", "--shape", "typed", "--streams", "16", "--batch", str(BATCH), "--window", "2048"],
    "json": ["--direct", "--shape", "partner-b", "--invalid", "30", *_BATCHES],
    "retail": ["--direct", "--shape", "retail", *_BATCHES],
    "stream": ["--direct", "--shape", "typed", "--streams", "4", "--batch", "1", "--window", "2048"],
    "single": ["--direct", "--shape", "typed", "--mode", "unary", "--streams", str(SINGLE_IN_FLIGHT)],
    "rest": ["--rest", "--shape", "partner-a", "--streams", str(SINGLE_IN_FLIGHT)],
    "rest256": ["--rest", "--shape", "partner-a", "--streams", "256"],
}

WORDS = {
    "batch": "typed orders, 256 a message",
    "batch512": "typed orders, 512 a message",
    "proxy": "typed orders, 256 a message, through the gateway's proxy",
    "crowd": "typed orders, 256 a message, on 16 streams",
    "json": "partner-b's JSON (535 bytes), raw payload kept, 30 % rejected",
    "retail": "retail orders of 20 lines, 256 a message",
    "stream": "typed orders, one a message on 4 streams",
    "single": "typed orders, one a request, 64 at a time",
    "rest": "one order of partner-a's JSON a request, 64 connections",
    "rest256": "one order of partner-a's JSON a request, 256 connections",
}


def flags(load: str, seconds: float, rate: float = 0) -> list[str]:
    """The arguments of ordermesh-bench; with a rate it is an open loop of so many orders a second."""
    result = ["-o", "json", "--wait", "60", "--seconds", f"{seconds:g}", *FLAGS[load]]
    if rate > 0:
        if "--window" in result:
            at = result.index("--window")
            del result[at : at + 2]
        result += ["--rate", f"{rate:g}"]
    return result
