"""The peers, each with settings chosen for these orders. All sync before they answer, but for Kafka with its
own defaults."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess

from comparison.loads import BATCH, SINGLE_IN_FLIGHT
from comparison.servers import (
    Server,
    System,
    Unavailable,
    build,
    end,
    listens,
    must_be_free,
    run_tool,
)

BOTH = ("batch", "single")


class Peer(Server):
    """What is installed by tools/lib/setup-peers and loaded by ordermesh-peer-load."""

    peer = ""
    # Connections that send batches, each with one unanswered; as many as the mesh gets streams.
    batch_streams = 4

    def install(self) -> None:
        run_tool(self.setting, ["tools/lib/setup-peers", "clients", self.peer])
        # The build takes up the client libraries where it finds them; these may have come just now.
        build(self.setting, ["ordermesh-peer-load"])

    def _load_program(self) -> pathlib.Path:
        return self.setting.build / "bin/ordermesh-peer-load"

    def address(self) -> str:
        """As ordermesh-peer-load wants it."""
        raise NotImplementedError

    def _base(self, system: str) -> list[str]:
        return [str(self._load_program()), "--system", system, "--address", self.address()]

    def command(self, system: str, mode: str, seconds: float) -> list[str]:
        streams = SINGLE_IN_FLIGHT if mode == "single" else self.batch_streams
        return [
            *self._base(system),
            "--mode",
            mode,
            "--streams",
            str(streams),
            "--batch",
            str(BATCH),
            "--seconds",
            str(seconds),
        ]

    def probe(self, system: str) -> dict[str, bool]:
        """Which identities it deduplicates: {"externalId", "sequence"}."""
        return self.run_load([*self._base(system), "--probe"], 10)


class Postgres(Peer):
    """Debian's PostgreSQL 15, in a cluster of its own."""

    peer = "postgresql"
    systems = (
        System("postgresql", BOTH, "unique indexes on both identities, no index to query by"),
        System("postgresql-indexed", BOTH, "also indexed by product, customer and time, as the mesh's orders are"),
    )
    _BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
    _SETTINGS = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "wal_compression": "lz4",
        "shared_buffers": "2GB",
        "wal_buffers": "64MB",
        "max_wal_size": "16GB",
        "checkpoint_timeout": "30min",
        "max_connections": "200",
        "jit": "off",
        "huge_pages": "try",
        "effective_io_concurrency": "64",
        "listen_addresses": "",
        "logging_collector": "off",
    }
    settings = (
        "one INSERT ... SELECT unnest(...) ON CONFLICT DO NOTHING RETURNING a batch, prepared, binary, over a unix "
        "socket, 4 connections (single: INSERT ... VALUES, 64 connections); "
        + ", ".join(f"{name}={value}" for name, value in list(_SETTINGS.items())[:8])
        + "; locale C"
    )

    def install(self) -> None:
        super().install()
        if not (self._BIN / "postgres").exists():
            raise Unavailable(f"{self._BIN}/postgres is missing")

    def start(self) -> None:
        folder = self.setting.data / "postgresql"
        folder.mkdir()
        # The server refuses to be root.
        owner = {}
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
            owner = {"user": "postgres", "group": pwd.getpwnam("postgres").pw_gid, "extra_groups": []}
        done = subprocess.run(
            [
                self._BIN / "initdb",
                "-D",
                folder / "data",
                "-U",
                "ordermesh",
                "-A",
                "trust",
                "--locale=C",
                "--encoding=UTF8",
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            **owner,
        )
        if done.returncode != 0:
            raise Unavailable(f"initdb: {done.stderr.strip()}")
        flags = [word for name, value in self._SETTINGS.items() for word in ("-c", f"{name}={value}")]
        self.spawn(
            [
                str(self._BIN / "postgres"),
                "-D",
                str(folder / "data"),
                "-k",
                str(folder),
                "-p",
                str(self._port()),
                *flags,
            ],
            "postgresql",
            cwd=folder,
            **owner,
        )
        ask = [self._BIN / "pg_isready", "-q", "-h", folder, "-p", str(self._port())]
        self.wait_ready(lambda: subprocess.run(ask, check=False).returncode == 0)

    def stop(self) -> None:
        # INT: connections are closed, not waited for.
        for process in self._processes:
            end(process, signal.SIGINT)
        super().stop()

    def _port(self) -> int:
        return self.setting.port + 51

    def address(self) -> str:
        return f"{self.setting.data / 'postgresql'}:{self._port()}"

    def version(self) -> str:
        return output_of([str(self._BIN / "postgres"), "--version"])


class Redis(Peer):
    """Debian's Redis 7."""

    peer = "redis"
    systems = (System("redis", BOTH, "both identities by a script; everything must fit into memory"),)
    settings = (
        "one EVALSHA a batch (HSETNX for each identity, XADD), unix socket, 4 connections (single: 64); "
        "appendonly yes, appendfsync always, no snapshots, no rewriting of the log while it is measured"
    )

    def start(self) -> None:
        folder = self.setting.data / "redis"
        folder.mkdir()
        self.spawn(
            [
                "redis-server",
                "--port",
                "0",
                "--unixsocket",
                self.address(),
                "--dir",
                str(folder),
                "--save",
                "",
                "--appendonly",
                "yes",
                "--appendfsync",
                "always",
                "--auto-aof-rewrite-percentage",
                "0",
                "--daemonize",
                "no",
            ],
            "redis",
        )
        self.wait_ready(pathlib.Path(self.address()).exists)

    def address(self) -> str:
        return str(self.setting.data / "redis" / "socket")

    def version(self) -> str:
        return " ".join(output_of(["redis-server", "--version"]).split()[:3])


class Kafka(Peer):
    """The broker from its jars, KRaft, one node."""

    peer = "kafka"
    systems = (
        System("kafka-flush", BOTH, "synced before it answers; sending again stores again"),
        System(
            "kafka",
            BOTH,
            "not synced before it answers: its defaults trust in copies on other machines; sending "
            "again stores again",
        ),
    )
    settings = (
        "librdkafka, acks=all, idempotent producer, 4 partitions, a batch of 256 is one request, 4 of them at a time "
        "(single: linger.ms=0, 64 at a time); kafka-flush: flush.messages=1; broker with 1 GiB of heap and G1"
    )

    def _jars(self) -> str:
        return str(self.setting.root / "build/tools/kafka/*")

    def start(self) -> None:
        folder = self.setting.data / "kafka"
        folder.mkdir()
        port, controller = self.setting.port + 52, self.setting.port + 53
        must_be_free(port)
        config = folder / "server.properties"
        config.write_text(
            "\n".join(
                (
                    "process.roles=broker,controller",
                    "node.id=1",
                    f"controller.quorum.voters=1@127.0.0.1:{controller}",
                    f"listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
                    f"advertised.listeners=PLAINTEXT://127.0.0.1:{port}",
                    "controller.listener.names=CONTROLLER",
                    "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
                    f"log.dirs={folder / 'log'}",
                    "offsets.topic.replication.factor=1",
                    "transaction.state.log.replication.factor=1",
                    "transaction.state.log.min.isr=1",
                    "auto.create.topics.enable=false",
                )
            )
            + "\n"
        )
        java = [
            "java",
            "-Xms1g",
            "-Xmx1g",
            "-XX:+UseG1GC",
            "-XX:MaxGCPauseMillis=20",
            "-XX:InitiatingHeapOccupancyPercent=35",
            "-cp",
            self._jars(),
        ]
        # 16 bytes in base64, as a cluster's id must be.
        run_tool(
            self.setting,
            [*java, "kafka.tools.StorageTool", "format", "-t", "ordermesh-compare-0001", "-c", str(config)],
        )
        self.spawn([*java, "kafka.Kafka", str(config)], "kafka", cwd=folder)
        self.wait_ready(lambda: listens(port))

    def address(self) -> str:
        return f"127.0.0.1:{self.setting.port + 52}"

    def version(self) -> str:
        jars = sorted((self.setting.root / "build/tools/kafka").glob("kafka_2.13-*.jar"))
        return jars[0].stem.replace("kafka_2.13-", "Kafka ") if jars else ""


class Nats(Peer):
    """nats-server with JetStream."""

    peer = "nats"
    systems = (
        System("nats", BOTH, "one identity, known for 2 minutes; where a batch has a known id, all of it is refused"),
    )
    settings = (
        "a batch is one atomic publish, 4 connections (single: 64, an acknowledged publish each); file storage, "
        "sync_interval always, duplicate_window 2m"
    )

    def _program(self) -> str:
        return str(self.setting.root / "build/tools/nats-server")

    def start(self) -> None:
        folder = self.setting.data / "nats"
        folder.mkdir()
        port = self.setting.port + 54
        must_be_free(port)
        config = folder / "server.conf"
        config.write_text(
            f"listen: 127.0.0.1:{port}\n"
            f'jetstream {{ store_dir: "{folder}", sync_interval: always, max_file_store: 100G }}\n'
        )
        self.spawn([self._program(), "-c", str(config)], "nats")
        self.wait_ready(lambda: listens(port))

    def address(self) -> str:
        return f"127.0.0.1:{self.setting.port + 54}"

    def version(self) -> str:
        return output_of([self._program(), "--version"])


def output_of(arguments: list[str]) -> str:
    """What a program says of itself; nothing where it is missing."""
    try:
        return subprocess.run(arguments, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""
