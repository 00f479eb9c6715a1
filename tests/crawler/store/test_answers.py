"""What name servers answered: kept for a resumed run, in older databases too."""

from pathlib import Path
from typing import Any

from pymongo.synchronous.database import Database

from crawler.store.answers import Answers
from crawler.store.connection import Target, connect_async
from tests.conftest import Mongo


async def test_answers_come_back_and_expire_in_a_database_that_was_prepared_without_them(
    mongo: Mongo, database: Database[dict[str, Any]], tmp_path: Path
) -> None:
    database.drop_collection("answers")
    async with await connect_async(Target(mongo.uri, database.name, tmp_path)) as store:
        one, other = Answers(store.db, "run1"), Answers(store.db, "run2")
        await one.prepare()
        told = {"127.0.0.1#53 a. A": b"small", "127.0.0.1#53 a. AXFR": b"large " * 10_000, "n. A": b"\0" * 12}
        await one.write(told)
        await one.write({"n. A": b"\1" * 12})
        assert await one.load() == {**told, "n. A": b"\1" * 12}
        assert await other.load() == {}
    indexes = database["answers"].index_information().values()
    assert [index["expireAfterSeconds"] for index in indexes if "expireAfterSeconds" in index] == [60 * 24 * 3600]
    database.drop_collection("answers")
