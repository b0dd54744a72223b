"""
The law that nothing on the trail is changed or deleted, as database triggers for SQLite and PostgreSQL.

Django's table remake on SQLite drops triggers without a word, so ``pre_migrate`` lifts ours, ``post_migrate`` puts them
back, and recording, the system check and /readyz compare what the database holds with what stands here.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper

INSERT_ONLY = ("Event", "Leaf", "StoredTile", "Checkpoint", "CheckpointRelease", "Cosignature", "ForkAlarm")

# pg_trigger.tgtype is a bit mask.
ROW, BEFORE, INSERT, DELETE, UPDATE, TRUNCATE = 1, 2, 4, 8, 16, 32

REFUSE = """
BEGIN
  RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END
"""
NO_GAP = """
DECLARE
  next bigint;
BEGIN
  EXECUTE format('SELECT coalesce(max("index") + 1, 0) FROM %I.%I WHERE log_id = $1', TG_TABLE_SCHEMA, TG_TABLE_NAME)
    INTO next USING NEW.log_id;
  IF NEW."index" <> next THEN
    RAISE EXCEPTION 'leaf % leaves a gap: the next is %', NEW."index", next
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
"""
FUNCTIONS = {"trail_refuse": REFUSE, "trail_no_gap": NO_GAP}


@dataclass(frozen=True)
class Trigger:
    """One PostgreSQL trigger, as it is made and as ``pg_trigger`` describes it."""

    name: str
    table: str
    when: str
    function: str
    bits: int


def tables() -> list[str]:
    return [apps.get_model("trail", name)._meta.db_table for name in INSERT_ONLY]


def leaf_table() -> str:
    return apps.get_model("trail", "Leaf")._meta.db_table


def unique_columns(table: str) -> list[list[str]]:
    """The sets of columns by which REPLACE would find, and silently delete, an existing row."""
    model = next(m for m in apps.get_app_config("trail").get_models() if m._meta.db_table == table)
    singles = [[field.column] for field in model._meta.concrete_fields if field.unique]
    together = [
        [model._meta.get_field(name).column for name in constraint.fields]
        for constraint in model._meta.total_unique_constraints
    ]
    return singles + together


@cache
def sqlite_triggers() -> dict[str, str]:
    """Name and exact text of every trigger, as ``sqlite_master`` keeps it."""
    made: dict[str, str] = {}

    def add(name: str, table: str, event: str, condition: str, message: str) -> None:
        when = f"WHEN {condition} " if condition else ""
        made[name] = (
            f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" FOR EACH ROW {when}'
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )

    for table in tables():
        never = f"rows of {table} are never changed or deleted"
        add(f"{table}_no_update", table, "UPDATE", "", never)
        add(f"{table}_no_delete", table, "DELETE", "", never)
        same = " OR ".join(
            f'EXISTS (SELECT 1 FROM "{table}" WHERE '
            + " AND ".join(f'"{column}" = NEW."{column}"' for column in columns)
            + ")"
            for columns in unique_columns(table)
        )
        # INSERT OR REPLACE deletes the old row without firing DELETE triggers, unless recursive_triggers is on.
        add(f"{table}_no_replace", table, "INSERT", same, f"{table} has this row already")
    leaf = leaf_table()
    gap = f'NEW."index" <> (SELECT coalesce(max("index") + 1, 0) FROM "{leaf}" WHERE "log_id" = NEW."log_id")'
    add(f"{leaf}_no_gap", leaf, "INSERT", gap, "leaf leaves a gap")
    return made


@cache
def postgresql_triggers() -> list[Trigger]:
    made = []
    for table in tables():
        rows = Trigger(f"{table}_no_change", table, "UPDATE OR DELETE", "trail_refuse", ROW | BEFORE | DELETE | UPDATE)
        made += [rows, Trigger(f"{table}_no_truncate", table, "TRUNCATE", "trail_refuse", BEFORE | TRUNCATE)]
    leaf = leaf_table()
    return [*made, Trigger(f"{leaf}_no_gap", leaf, "INSERT", "trail_no_gap", ROW | BEFORE | INSERT)]


def existing(connection: BaseDatabaseWrapper) -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.table_names(cursor)) & set(tables())


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers in place; those that stand already stay."""
    present = existing(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for text in sqlite_triggers().values():
                if any(f'ON "{table}" ' in text for table in present):
                    cursor.execute(text.replace("CREATE TRIGGER", "CREATE TRIGGER IF NOT EXISTS", 1), None)
        elif connection.vendor == "postgresql":
            for name, source in FUNCTIONS.items():
                cursor.execute(
                    f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
                    f"SET search_path = pg_catalog AS $trail${source}$trail$",
                    None,
                )
            for trigger in postgresql_triggers():
                if trigger.table not in present:
                    continue
                each = "ROW" if trigger.bits & ROW else "STATEMENT"
                cursor.execute(
                    f'CREATE OR REPLACE TRIGGER "{trigger.name}" BEFORE {trigger.when} ON "{trigger.table}" '
                    f"FOR EACH {each} EXECUTE FUNCTION {trigger.function}()",
                    None,
                )
                # ALWAYS: they fire even for a superuser who sets session_replication_role to replica.
                cursor.execute(f'ALTER TABLE "{trigger.table}" ENABLE ALWAYS TRIGGER "{trigger.name}"', None)


def lift(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away: before a migration, and in tests."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in sqlite_triggers():
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"', None)
        elif connection.vendor == "postgresql":
            for trigger in postgresql_triggers():
                cursor.execute(f'DROP TRIGGER IF EXISTS "{trigger.name}" ON "{trigger.table}"', None)


def triggers_differ(connection: BaseDatabaseWrapper) -> str | None:
    """A sentence saying how the database's triggers differ from those above, or None. One query."""
    if connection.vendor == "sqlite":
        wanted: Any = sqlite_triggers()
        found = found_in_sqlite(connection)
    elif connection.vendor == "postgresql":
        wanted = {
            t.name: (t.table, t.bits, "A", True, t.function, FUNCTIONS[t.function], "search_path=pg_catalog")
            for t in postgresql_triggers()
        }
        found = found_in_postgresql(connection)
    else:
        return "The trail runs on SQLite and PostgreSQL only."
    if found == wanted:
        return None
    names = sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name))
    return f"The trail's triggers are not as they must be ({', '.join(names)}): run manage.py migrate."


def found_in_sqlite(connection: BaseDatabaseWrapper) -> dict[str, str]:
    names = tables()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' "
            f"AND tbl_name IN ({', '.join(['%s'] * len(names))})",
            names,
        )
        return dict(cursor.fetchall())


def found_in_postgresql(connection: BaseDatabaseWrapper) -> dict[str, tuple[Any, ...]]:
    """Triggers, and rules under the name ``rule …``: a rule DO INSTEAD NOTHING would swallow inserts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgname, c.relname, t.tgtype, t.tgenabled, t.tgqual IS NULL AND t.tgattr = '', "
            "p.proname, p.prosrc, array_to_string(p.proconfig, ';') "
            "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
            "WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid) AND c.relname = ANY(%s) "
            "UNION ALL "
            "SELECT 'rule ' || r.rulename, c.relname, 0, r.ev_enabled, false, '', '', '' "
            "FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class "
            "WHERE pg_table_is_visible(c.oid) AND c.relname = ANY(%s)",
            [tables(), tables()],
        )
        return {row[0]: tuple(row[1:]) for row in cursor.fetchall()}
