"""All settings, from `YIPAN_*` variables or a `.env` file in the working folder. The only place that reads the environment."""

import os
import re
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.faults import Fault


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="YIPAN_", env_file=".env", extra="ignore")

    home: Path = Field(Path(".yipan"), description="where the local stack keeps its data, keys and secrets")
    cache: Path = Field(Path.home() / ".cache" / "yipan", description="where the local broker's program is kept once downloaded")
    kafka: str = Field("", description="host:port[,…] of a broker of your own; empty: the local one that `yipan up` starts")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field("PLAINTEXT", description="how to talk to it")
    kafka_sasl_mechanism: str = Field("", description="PLAIN, SCRAM-SHA-256, SCRAM-SHA-512")
    kafka_sasl_username: str = Field("", description="SASL user")
    kafka_sasl_password: SecretStr = Field(SecretStr(""), description="SASL password")
    kafka_ssl_ca: str = Field("", description="file with the broker's certificate authority")
    clickhouse: str = Field("", description="clickhouse://user:password@host:8123/db of your own; empty: chDB under the home folder")
    kafka_port: int = Field(29092, description="port of the local broker (its controller takes the next one)")
    gateway_host: str = Field("127.0.0.1", description="address the gateway listens on; 0.0.0.0 to be reached from other machines")
    gateway_port: int = Field(8480, description="port of the gateway: webhooks and files come in here")
    pages_port: int = Field(8481, description="port of the pages and of the read-only queries")
    metrics_port: int = Field(8490, description="first port for Prometheus metrics; each process takes the next")
    partitions: int = Field(4, ge=1, le=1024, description="partitions of every topic, fixed when the topics are made")
    replication: int = Field(1, ge=1, description="replication factor of the topics")
    max_body: int = Field(4 << 20, description="largest webhook body taken, in bytes; larger is answered 413")
    snapshots: str = Field(
        "", description="fsspec URL of the folder for snapshots, one and the same for all machines; empty: under the home folder"
    )
    transaction_records: int = Field(2_000, description="decisions in one transaction at most")
    transaction_wait_ms: int = Field(20, description="how long a transaction waits for more decisions")
    dead_letter_limit: int = Field(
        1_000, description="rejected records in a row after which a stage stops, so that a bad deploy drains no topic"
    )

    @property
    def bootstrap(self) -> str:
        return self.kafka or f"127.0.0.1:{self.kafka_port}"

    @property
    def secrets_dir(self) -> Path:
        """One file per shop, named like it: what signs its webhooks or opens its API."""
        return self.home / "secrets"

    @property
    def partners_file(self) -> Path:
        """Whom fulfilments are delivered to, as imported last, with the partners' secrets beside it."""
        return self.home / "partners" / "partners.yaml"

    @property
    def told_file(self) -> Path:
        """Which shops' platforms are told of levels, shipments or cancels, as imported last; absent where none is."""
        return self.home / "told" / "shops.json"

    @property
    def keys_dir(self) -> Path:
        """Keys that seal personal data."""
        return self.home / "keys"

    @property
    def snapshots_url(self) -> str:
        return self.snapshots or str(self.home / "snapshots")


class Shown(NamedTuple):
    variable: str
    value: str
    default: bool
    purpose: str


def load_settings() -> Settings:
    """Raises Fault that names each variable that is wrong, and why."""
    try:
        return Settings()
    except ValidationError as wrong:
        said = "; ".join(f"{variable(str(error['loc'][0]))}: {error['msg']}" for error in wrong.errors())
        raise Fault(f"A setting is wrong. {said}. Put it right in the environment or in the file .env here.") from None


def variable(name: str) -> str:
    return f"YIPAN_{name.upper()}"


def shown(settings: Settings) -> list[Shown]:
    """All settings for a person to read; secrets are masked, also the password in the address of a ClickHouse server."""
    return [
        Shown(variable(name), _masked(getattr(settings, name)), getattr(settings, name) == field.default, field.description or "")
        for name, field in Settings.model_fields.items()
    ]


def _masked(value: object) -> str:
    text = re.sub(r"(?i)([?&](?:password|secret|token|key)=)[^&]*", r"\1***", str(value))
    return re.sub(r"(://[^:/@]*:).*@", r"\1***@", text)


def environment(settings: Settings) -> dict[str, str]:
    """The environment in which a child process finds the same settings, secrets included."""
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    plain = {name: value.get_secret_value() if isinstance(value, SecretStr) else str(value) for name, value in values.items()}
    return os.environ | {variable(name): value for name, value in plain.items()}
