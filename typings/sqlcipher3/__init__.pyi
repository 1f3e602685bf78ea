from collections.abc import Iterator, Sequence
from typing import Any

class Error(Exception):
    sqlite_errorcode: int
    sqlite_errorname: str

class DatabaseError(Error): ...
class OperationalError(DatabaseError): ...
class IntegrityError(DatabaseError): ...

class Cursor:
    rowcount: int
    lastrowid: int | None
    def fetchone(self) -> tuple[Any, ...] | None: ...
    def fetchall(self) -> list[tuple[Any, ...]]: ...
    def __iter__(self) -> Iterator[tuple[Any, ...]]: ...

class Connection:
    in_transaction: bool
    def execute(self, sql: str, parameters: Sequence[object] = ..., /) -> Cursor: ...
    def close(self) -> None: ...

def connect(
    database: str,
    *,
    timeout: float = ...,
    isolation_level: str | None = ...,
    check_same_thread: bool = ...,
    cached_statements: int = ...,
    uri: bool = ...,
) -> Connection: ...
