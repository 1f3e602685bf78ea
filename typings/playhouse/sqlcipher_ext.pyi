from peewee import SqliteDatabase
from sqlcipher3 import dbapi2 as sqlcipher

__all__ = ["SqlCipherDatabase", "sqlcipher"]

class SqlCipherDatabase(SqliteDatabase): ...
