"""Snippets that run queries and write records, through the SDK and through a lease alike."""

from typing import Any

from surrealdb import Range, RecordID, Table
from surrealdb.data.types.range import BoundExcluded, BoundIncluded

from tests.compatibility.comparing import Raised, Returned, Rows, Stage

QUERIES = Rows()
RECORDS = Rows()


def without_times(statements: Any) -> Any:
    return [{name: each[name] for name in each if name != "time"} for each in statements]


# -- queries --------------------------------------------------------------------------------------


@QUERIES.same("query")
async def one_statement_with_variables(db: Any, stage: Stage) -> Any:
    return await db.query("RETURN $a + $b", {"a": 1, "b": 2})


@QUERIES.same("query")
async def several_statements_return_the_first_result(db: Any, stage: Stage) -> Any:
    return await db.query("RETURN 1; RETURN 2")


@QUERIES.same("query")
async def arguments_by_name(db: Any, stage: Stage) -> Any:
    return await db.query(query="RETURN $a", vars={"a": [None, 1.5]})


@QUERIES.same("query")
async def a_thrown_error(db: Any, stage: Stage) -> Any:
    return await db.query("THROW 'no'")


@QUERIES.same("query")
async def text_that_is_no_query(db: Any, stage: Stage) -> Any:
    return await db.query("SELECT FROM")


@QUERIES.same("query")
async def a_table_that_is_not_there(db: Any, stage: Stage) -> Any:
    return await db.query("SELECT * FROM nowhere")


@QUERIES.same("query")
async def a_record_that_exists_already(db: Any, stage: Stage) -> Any:
    await db.query("CREATE t:1")
    return await db.query("CREATE t:1")


@QUERIES.same("query")
async def a_statement_that_takes_too_long(db: Any, stage: Stage) -> Any:
    return await db.query("SELECT * FROM [1] WHERE sleep(100ms) = NONE TIMEOUT 1ms")


@QUERIES.differs(
    "query",
    how="the error of any failed statement is raised; the SDK looks at the first statement alone",
    sdk=Returned(1),
    lease=Raised("ThrownError", "An error occurred: second"),
)
async def the_second_of_three_statements_fails(db: Any, stage: Stage) -> Any:
    return await db.query("RETURN 1; THROW 'second'; RETURN 3")


@QUERIES.differs(
    "query",
    how="the error that undid it is raised; the SDK returns what `BEGIN` returned",
    sdk=Returned(None),
    lease=Raised("ThrownError", "An error occurred: inside"),
)
async def a_transaction_in_one_text_fails(db: Any, stage: Stage) -> Any:
    return await db.query("BEGIN; CREATE t:1; THROW 'inside'; CREATE t:2; COMMIT")


@QUERIES.differs("query", how="returns None", sdk=Raised("IndexError"), lease=Returned(None))
async def a_text_without_a_statement(db: Any, stage: Stage) -> Any:
    return await db.query("")


@QUERIES.differs(
    "query",
    how="`purreal.RequestNotSent`, which says where the value is and that nothing was sent",
    sdk=Raised("BufferError", "no encoder for type"),
    lease=Raised("RequestNotSent", "params[1].x"),
)
async def a_value_that_has_no_form(db: Any, stage: Stage) -> Any:
    return await db.query("RETURN $x", {"x": object()})


@QUERIES.same("query_raw")
async def all_statements_with_their_status(db: Any, stage: Stage) -> Any:
    answer = await db.query_raw("RETURN $a; THROW 'no'; RETURN 3", {"a": 1})
    return without_times(answer["result"])


@QUERIES.differs(
    "query_raw",
    how="no `id` of a request in the answer",
    sdk=Returned(["id", "result"]),
    lease=Returned(["result"]),
)
async def what_else_is_in_the_answer(db: Any, stage: Stage) -> Any:
    return sorted(name for name in await db.query_raw("RETURN 1") if name != "session")


@QUERIES.differs(
    "query_raw",
    how="a request that failed as a whole raises; the SDK returns the reply with `error` in it",
    sdk=Returned(["error", "id"]),
    lease=Raised("ValidationError", "Parse error"),
)
async def a_request_that_fails_as_a_whole(db: Any, stage: Stage) -> Any:
    return sorted(name for name in await db.query_raw("SELECT FROM") if name != "session")


@QUERIES.differs(
    "run",
    how="calls a function; SDK 2.0.0 over WebSocket has no such method",
    sdk=Raised("AttributeError"),
    lease=Returned(3),
)
async def a_function_is_called(db: Any, stage: Stage) -> Any:
    return await db.run("math::abs", [-3])


# -- records --------------------------------------------------------------------------------------

THREE = "CREATE t:1 SET n = 1; CREATE t:2 SET n = 2; CREATE t:3 SET n = 3"


@RECORDS.same("select")
async def a_table_by_name_and_by_table(db: Any, stage: Stage) -> Any:
    await db.query(THREE)
    return await db.select("t"), await db.select(Table("t"))


@RECORDS.same("select")
async def a_record_by_text_and_by_record_id(db: Any, stage: Stage) -> Any:
    await db.query(THREE)
    return await db.select("t:1"), await db.select(RecordID("t", 2)), await db.select("t:9")


@RECORDS.same("select")
async def a_range_of_records(db: Any, stage: Stage) -> Any:
    await db.query(THREE)
    upto_two = Range(BoundIncluded(1), BoundExcluded(3))
    return await db.select("t:2..=3"), await db.select(RecordID("t", upto_two))


@RECORDS.same("select")
async def a_selection_from_nowhere(db: Any, stage: Stage) -> Any:
    return await db.select("nowhere")


@RECORDS.same("create")
async def a_record_with_and_without_content(db: Any, stage: Stage) -> Any:
    return [
        await db.create("t:1", {"name": "Ada", "none": None}),
        await db.create(RecordID("t", "two")),
        sorted(await db.create("t", {"n": 1})),
        sorted(await db.create(Table("t"))),
    ]


@RECORDS.same("create")
async def a_creation_of_what_exists(db: Any, stage: Stage) -> Any:
    await db.create("t:1")
    return await db.create(RecordID("t", 1))


@RECORDS.same("create")
async def a_creation_in_no_table(db: Any, stage: Stage) -> Any:
    return await db.create("a b", {"n": 1})


@RECORDS.same("update")
async def an_update_of_a_record_and_of_a_table(db: Any, stage: Stage) -> Any:
    await db.query(THREE)
    return [
        await db.update("t:1", {"m": 1}),
        await db.update(RecordID("t", 2)),
        await db.update("t", {"all": True}),
        await db.update(Table("t")),
        await db.update("t:9", {"m": 1}),
    ]


@RECORDS.same("upsert")
async def an_upsert_of_a_record_and_of_a_table(db: Any, stage: Stage) -> Any:
    await db.query(THREE)
    return [
        await db.upsert("t:1", {"m": 1}),
        await db.upsert(RecordID("t", 9), {"m": 9}),
        await db.upsert("t:8"),
        len(await db.upsert(Table("t"), {"all": True})),
    ]


@RECORDS.same("merge")
async def a_merge_into_a_record_and_into_a_table(db: Any, stage: Stage) -> Any:
    await db.query(THREE)
    return [
        await db.merge("t:1", {"m": 1}),
        await db.merge(RecordID("t", 2)),
        await db.merge("t", {"all": True}),
        await db.merge("t:9", {"m": 1}),
    ]


@RECORDS.same("merge")
async def a_merge_of_what_is_no_object(db: Any, stage: Stage) -> Any:
    await db.query(THREE)
    return await db.merge("t:1", 5)


@RECORDS.same("patch")
async def a_patch_of_a_record_and_of_a_table(db: Any, stage: Stage) -> Any:
    await db.query(THREE)
    replace = [{"op": "replace", "path": "/n", "value": 7}]
    return [
        await db.patch("t:1", replace),
        await db.patch(RecordID("t", 2)),
        await db.patch(Table("t"), replace),
    ]


@RECORDS.same("patch")
async def a_patch_that_is_none(db: Any, stage: Stage) -> Any:
    await db.query(THREE)
    return await db.patch("t:1", [{"op": "nonsense"}])


@RECORDS.same("delete")
async def a_record_and_then_the_rest(db: Any, stage: Stage) -> Any:
    await db.query(THREE)
    return [
        await db.delete("t:1"),
        await db.delete(RecordID("t", 1)),
        await db.delete("t"),
        await db.delete(Table("t")),
    ]


@RECORDS.same("insert")
async def one_record_and_several(db: Any, stage: Stage) -> Any:
    return [
        await db.insert("t", {"id": 1, "n": 1}),
        await db.insert(Table("t"), [{"id": 2}, {"id": RecordID("t", 3)}]),
        await db.insert("t", []),
    ]


@RECORDS.same("insert")
async def an_insertion_of_what_exists(db: Any, stage: Stage) -> Any:
    await db.insert("t", {"id": 1})
    return await db.insert("t", {"id": 1})


@RECORDS.same("insert")
async def an_insertion_into_a_record_id(db: Any, stage: Stage) -> Any:
    return await db.insert(RecordID("t", 1), {"n": 1})


@RECORDS.same("insert")
async def an_insertion_into_the_text_of_a_record(db: Any, stage: Stage) -> Any:
    return await db.insert("t:1", {"n": 1})


@RECORDS.same("insert_relation")
async def one_edge_and_several(db: Any, stage: Stage) -> Any:
    await db.query(THREE)
    one, two, three = (RecordID("t", number) for number in (1, 2, 3))
    return [
        await db.insert_relation("knows", {"id": 1, "in": one, "out": two}),
        await db.insert_relation(
            Table("knows"),
            [{"id": 2, "in": two, "out": three}, {"id": 3, "in": three, "out": one}],
        ),
        await db.query("SELECT VALUE ->knows->t FROM t"),
    ]


@RECORDS.same("insert_relation")
async def an_edge_without_ends(db: Any, stage: Stage) -> Any:
    return await db.insert_relation("knows", {"id": 1})


@RECORDS.same("insert_relation")
async def an_edge_in_a_record_id(db: Any, stage: Stage) -> Any:
    return await db.insert_relation(RecordID("knows", 1), {"id": 1})
