"""Snippets about who one is, where one works, more sessions and transactions."""

from typing import Any
from uuid import UUID

from surrealdb import RecordID, Table
from surrealdb.errors import ServerError

from tests.compatibility.comparing import Raised, Returned, Rows, Stage

SESSION = Rows()
SESSIONS = Rows()
TRANSACTIONS = Rows()

WHERE = "RETURN [session::ns() = $ns, session::db() = $db]"
ACCOUNT = """
    DEFINE ACCESS account ON DATABASE TYPE RECORD
        SIGNUP (CREATE user:ada SET name = $name, word = $word)
        SIGNIN (SELECT * FROM user WHERE name = $name AND word = $word);
    DEFINE TABLE user PERMISSIONS FOR select WHERE id = $auth
"""


def account(stage: Stage, **variables: str) -> dict[str, Any]:
    namespace, database = stage.place
    return {
        "namespace": namespace,
        "database": database,
        "access": "account",
        "variables": {"name": "ada", "word": "pw", **variables},
    }


def root(stage: Stage) -> dict[str, Any]:
    return {"username": stage.username, "password": stage.password}


# -- the session ----------------------------------------------------------------------------------


@SESSION.same("use")
async def another_database(db: Any, stage: Stage) -> Any:
    namespace, _ = stage.place
    answer = await db.use(namespace, "other")
    return answer, await db.query(WHERE, {"ns": namespace, "db": "other"})


@SESSION.same("let", "unset")
async def a_variable_comes_and_goes(db: Any, stage: Stage) -> Any:
    answers = [await db.let("x", {"a": [1, None]}), await db.query("RETURN $x")]
    return [*answers, await db.unset("x"), await db.query("RETURN $x"), await db.unset("x")]


@SESSION.same("let", "query")
async def a_variable_without_a_value(db: Any, stage: Stage) -> Any:
    return await db.let("x", None), await db.query("RETURN $x")


@SESSION.same("let")
async def a_name_that_belongs_to_the_server(db: Any, stage: Stage) -> Any:
    return await db.let("auth", 1)


@SESSION.differs(
    "use",
    how="the server is asked; the SDK refuses by itself what is no text",
    sdk=Raised("ValueError", "Invalid schema"),
    lease=Raised("ValidationError"),
)
async def what_is_no_name(db: Any, stage: Stage) -> Any:
    return await db.use(1, 2)


@SESSION.same("signin")
async def as_a_root_user(db: Any, stage: Stage) -> Any:
    tokens = await db.signin(root(stage))
    return type(tokens).__name__, tokens.access.count("."), tokens.refresh


@SESSION.same("signin")
async def with_the_older_names(db: Any, stage: Stage) -> Any:
    namespace, database = stage.place
    await db.query("DEFINE USER ann ON DATABASE PASSWORD 'pw' ROLES VIEWER")
    await db.signin({"NS": namespace, "DB": database, "user": "ann", "pass": "pw"})
    return await db.query("RETURN $auth"), await db.query("RETURN $access")


@SESSION.same("signin")
async def with_a_wrong_password(db: Any, stage: Stage) -> Any:
    return await db.signin({"username": stage.username, "password": "wrong"})


@SESSION.same("signin")
async def by_a_bearer_key(db: Any, stage: Stage) -> Any:
    namespace, database = stage.place
    await db.query("DEFINE USER bot ON DATABASE PASSWORD 'pw' ROLES VIEWER")
    await db.query("DEFINE ACCESS api ON DATABASE TYPE BEARER FOR USER")
    grant = await db.query("ACCESS api ON DATABASE GRANT FOR USER bot")
    await db.signin(
        {
            "namespace": namespace,
            "database": database,
            "access": "api",
            "key": grant["grant"]["key"],
        }
    )
    return await db.query("RETURN $access")


@SESSION.same("signin")
async def with_nothing_that_means_anything(db: Any, stage: Stage) -> Any:
    return await db.signin({"nonsense": 1})


@SESSION.same("signup", "info")
async def a_new_record_user(db: Any, stage: Stage) -> Any:
    await db.query(ACCOUNT)
    tokens = await db.signup(account(stage))
    return type(tokens).__name__, tokens.refresh, await db.info(), await db.select("user")


@SESSION.same("signup", "signin")
async def refresh_tokens(db: Any, stage: Stage) -> Any:
    await db.query(ACCOUNT.replace("$word);", "$word) WITH REFRESH;"))
    tokens = await db.signup(account(stage))
    again = await db.signin({**account(stage), "variables": None, "refresh": tokens.refresh})
    return type(tokens.refresh).__name__, again.refresh != tokens.refresh, await db.info()


@SESSION.same("signin")
async def as_a_record_user_with_a_wrong_word(db: Any, stage: Stage) -> Any:
    await db.query(ACCOUNT)
    await db.signup(account(stage))
    return await db.signin(account(stage, word="wrong"))


@SESSION.same("signup")
async def by_no_access_method(db: Any, stage: Stage) -> Any:
    return await db.signup(account(stage))


@SESSION.same("info")
async def of_a_root_user(db: Any, stage: Stage) -> Any:
    return await db.info()


@SESSION.differs(
    "info",
    how="the server's own error; the SDK hides it in the text of a `SurrealError`",
    sdk=Raised("SurrealError", "no result"),
    lease=Raised("NotAllowedError", "Anonymous access not allowed"),
)
async def of_nobody(db: Any, stage: Stage) -> Any:
    await db.invalidate()
    return await db.info()


@SESSION.same("invalidate", "version", "use", "let")
async def what_nobody_may_do(db: Any, stage: Stage) -> Any:
    await db.invalidate()
    answers = [await db.version(), await db.use(*stage.place), await db.let("x", 1)]
    return [*answers, await db.unset("x")]


@SESSION.differs(
    "signup",
    how="the server is asked; the SDK refuses an empty dict by itself",
    sdk=Raised("ValueError", "Signup requires a data dict"),
    lease=Returned("ServerError"),
)
async def with_nothing(db: Any, stage: Stage) -> Any:
    try:
        return await db.signup({})
    except ServerError:
        return "ServerError"


@SESSION.differs(
    "signin",
    how="`ValueError` as well, in other words",
    sdk=Raised("ValueError", "Signin requires a params dict"),
    lease=Raised("ValueError", "takes a dict"),
)
async def with_what_is_no_dict(db: Any, stage: Stage) -> Any:
    return await db.signin(["root", "pw"])


@SESSION.same("authenticate", "invalidate")
async def a_token_after_nobody(db: Any, stage: Stage) -> Any:
    token = (await db.signin(root(stage))).access
    answers = [await db.invalidate(), await db.authenticate(token)]
    return [*answers, await db.query("RETURN 1")]


@SESSION.same("invalidate")
async def nobody_may_not_query(db: Any, stage: Stage) -> Any:
    await db.invalidate()
    return await db.query("RETURN 1")


@SESSION.same("authenticate")
async def a_token_of_somebody_else(db: Any, stage: Stage) -> Any:
    return await db.authenticate("e30.e30.e30")


@SESSION.differs(
    "authenticate",
    how="the server is asked; the SDK refuses by itself what does not look like a token",
    sdk=Returned("ValueError"),
    lease=Returned("ServerError"),
)
async def what_is_no_token(db: Any, stage: Stage) -> Any:
    try:
        return await db.authenticate("nonsense")
    except (ServerError, ValueError) as error:
        # The engines find different words for it.
        return "ServerError" if isinstance(error, ServerError) else type(error).__name__


@SESSION.same("version")
async def of_the_server(db: Any, stage: Stage) -> Any:
    return await db.version()


# -- more sessions --------------------------------------------------------------------------------


async def signed_in_session(db: Any, stage: Stage) -> Any:
    session = await db.new_session()
    await session.signin(root(stage))
    await session.use(*stage.place)
    return session


@SESSIONS.same("attach", "detach")
async def one_by_its_id(db: Any, stage: Stage) -> Any:
    session_id = await db.attach()
    await db.signin(root(stage), session_id=session_id)
    await db.use(*stage.place, session_id=session_id)
    await db.let("x", 1, session_id=session_id)
    answers = [await db.query("RETURN $x"), await db.query("RETURN $x", session_id=session_id)]
    return [type(session_id).__name__, *answers, await db.detach(session_id)]


@SESSIONS.same("attach")
async def it_is_anonymous_at_first(db: Any, stage: Stage) -> Any:
    return await db.query("RETURN 1", session_id=await db.attach())


@SESSIONS.same("attach", "detach")
async def it_is_gone_once_detached(db: Any, stage: Stage) -> Any:
    session = await signed_in_session(db, stage)
    await session.close_session()
    try:
        await session.query("RETURN 1")
    except Exception as error:
        gone = str(session._session_id)
        return type(error).__name__, str(error).replace(gone, "?"), error.kind, error.code


@SESSIONS.same("detach")
async def one_that_never_was(db: Any, stage: Stage) -> Any:
    return await db.detach(UUID(int=5))


@SESSIONS.same("query")
async def one_that_is_not_there(db: Any, stage: Stage) -> Any:
    return await db.query("RETURN 1", session_id=UUID(int=5))


@SESSIONS.same("new_session", "session.use", "session.signin", "session.query")
async def an_object_for_it(db: Any, stage: Stage) -> Any:
    session = await signed_in_session(db, stage)
    await db.use(stage.place[0], "other")
    here = dict(zip(("ns", "db"), stage.place, strict=True))
    answers = [await db.query(WHERE, here), await session.query(WHERE, here)]
    return [type(session).__module__, type(session).__name__, *answers]


@SESSIONS.same(
    "session.select",
    "session.create",
    "session.update",
    "session.merge",
    "session.patch",
    "session.delete",
    "session.insert",
    "session.insert_relation",
    "session.upsert",
)
async def its_records(db: Any, stage: Stage) -> Any:
    session = await signed_in_session(db, stage)
    one, two = RecordID("t", 1), RecordID("t", 2)
    return [
        await session.create(one, {"n": 1}),
        await session.update(one, {"n": 2}),
        await session.merge(one, {"m": 1}),
        await session.patch(one, [{"op": "remove", "path": "/m"}]),
        await session.upsert(two, {"n": 3}),
        await session.insert("t", [{"id": 3}]),
        await session.insert_relation("knows", {"id": 1, "in": one, "out": two}),
        await session.select(Table("t")),
        await session.delete("t"),
    ]


@SESSIONS.same(
    "session.let", "session.unset", "session.signup", "session.authenticate", "session.invalidate"
)
async def its_user_and_variables(db: Any, stage: Stage) -> Any:
    session = await signed_in_session(db, stage)
    await session.query(ACCOUNT)
    await session.let("x", 1)
    answers = [await session.query("RETURN $x"), await session.unset("x")]
    answers.append(await session.query("RETURN $x"))
    tokens = await session.signup(account(stage))
    answers += [await session.query("RETURN $auth"), await session.invalidate()]
    answers += [await session.authenticate(tokens.access), await session.query("RETURN $auth")]
    return [*answers, await db.query("RETURN $auth")]


@SESSIONS.same("session.close_session")
async def it_can_be_closed_twice(db: Any, stage: Stage) -> Any:
    session = await db.new_session()
    return await session.close_session(), await session.close_session()


# -- transactions ---------------------------------------------------------------------------------


@TRANSACTIONS.same("begin", "commit", on_server_only=True)
async def a_commit_makes_it_visible(db: Any, stage: Stage) -> Any:
    await db.query("DEFINE TABLE t")
    transaction = await db.begin()
    await db.create("t:1", {"n": 1}, txn_id=transaction)
    before = await stage.other.select("t")
    answer = await db.commit(transaction)
    return type(transaction).__name__, before, answer, await stage.other.select("t")


@TRANSACTIONS.same("begin", "cancel", on_server_only=True)
async def a_cancel_undoes_it(db: Any, stage: Stage) -> Any:
    await db.query("DEFINE TABLE t")
    transaction = await db.begin()
    await db.create("t:1", txn_id=transaction)
    return await db.cancel(transaction), await db.select("t")


@TRANSACTIONS.same("commit")
async def a_commit_of_nothing(db: Any, stage: Stage) -> Any:
    return await db.commit(UUID(int=5))


@TRANSACTIONS.same("cancel")
async def a_cancel_of_nothing(db: Any, stage: Stage) -> Any:
    return await db.cancel(UUID(int=5))


@TRANSACTIONS.same("begin", "query")
async def a_query_in_none(db: Any, stage: Stage) -> Any:
    return await db.query("RETURN 1", txn_id=UUID(int=5))


@TRANSACTIONS.same("commit", on_server_only=True)
async def a_conflict(db: Any, stage: Stage) -> Any:
    await db.query("CREATE t:1 SET n = 0")
    transaction = await db.begin()
    await db.query("UPDATE t:1 SET n = 1", txn_id=transaction)
    await stage.other.query("UPDATE t:1 SET n = 2")
    return await db.commit(transaction)


@TRANSACTIONS.same("session.begin_transaction", "transaction.commit", on_server_only=True)
async def an_object_for_a_transaction(db: Any, stage: Stage) -> Any:
    session = await signed_in_session(db, stage)
    await session.query("DEFINE TABLE t")
    transaction = await session.begin_transaction()
    await transaction.create("t:1", {"n": 1})
    before = await session.select("t")
    answer = await transaction.commit()
    return type(transaction).__name__, before, answer, await db.select("t")


@TRANSACTIONS.same(
    "transaction.query",
    "transaction.select",
    "transaction.create",
    "transaction.update",
    "transaction.merge",
    "transaction.patch",
    "transaction.delete",
    "transaction.insert",
    "transaction.insert_relation",
    "transaction.upsert",
    "transaction.cancel",
    on_server_only=True,
)
async def records_in_a_transaction(db: Any, stage: Stage) -> Any:
    await db.query("DEFINE TABLE t")
    transaction = await (await signed_in_session(db, stage)).begin_transaction()
    one, two = RecordID("t", 1), RecordID("t", 2)
    return [
        await transaction.create(one, {"n": 1}),
        await transaction.update(one, {"n": 2}),
        await transaction.merge(one, {"m": 1}),
        await transaction.patch(one, [{"op": "remove", "path": "/m"}]),
        await transaction.upsert(two, {"n": 3}),
        await transaction.insert("t", [{"id": 3}]),
        await transaction.insert_relation("knows", {"id": 1, "in": one, "out": two}),
        await transaction.select(Table("t")),
        await transaction.query("RETURN count(SELECT * FROM t)"),
        await transaction.delete(one),
        await transaction.cancel(),
        await db.select("t"),
    ]


@TRANSACTIONS.same("detach", on_server_only=True)
async def it_is_undone_with_its_session(db: Any, stage: Stage) -> Any:
    await db.query("DEFINE TABLE t")
    session = await signed_in_session(db, stage)
    transaction = await session.begin_transaction()
    await transaction.create("t:1")
    await session.close_session()
    return await db.select("t")
