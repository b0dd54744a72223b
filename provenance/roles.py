"""
Who may do what in PostgreSQL: the owner migrates, the app records, the auditor reads (reliability.md 3 in rights).

The triggers refuse a change; these rights see to it that whoever breaks into the site cannot drop the triggers.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from provenance.trail.triggers import FUNCTIONS

EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"
# What the site's work needs of tables that are neither insert-only nor projections.
NARROWED = {
    "trail.Log": "SELECT, INSERT, UPDATE",
    "trail.LogHead": "SELECT, INSERT, UPDATE",
    "trail.LogKey": "SELECT, INSERT, UPDATE",
    "trail.ServerKey": "SELECT, INSERT",
}
# An auditor reads the trail, not the keys over it.
KEYS = {"trail.LogKey", "trail.ServerKey", "trail.SubjectKey"}
MIGRATIONS = "django_migrations"


class RolesRefused(Exception):
    """The roles cannot be set up; the sentence says the mend."""


@dataclass(frozen=True)
class Roles:
    owner: str
    app: str = "beantrail_app"
    auditor: str = "beantrail_auditor"


def app_rights() -> dict[str, str]:
    """Table -> what the site may do there."""
    rights = {table: _rights_on(model) for table, model in _tables().items()}
    return {**rights, MIGRATIONS: "SELECT"}


def auditor_rights() -> dict[str, str]:
    labels = {table: model._meta for table, model in _tables().items()}
    of_trail = [table for table, about in labels.items() if about.app_label == "trail" and about.label not in KEYS]
    return dict.fromkeys([*of_trail, MIGRATIONS], "SELECT")


def _tables() -> dict[str, type[Model]]:
    models = apps.get_models(include_auto_created=True)
    return {model._meta.db_table: model for model in models if model._meta.managed and not model._meta.proxy}


def _rights_on(model: type[Model]) -> str:
    # Trail and witness each have an abstract model of this name: rows that are never changed.
    if any(base.__name__ == "InsertOnly" for base in model.__mro__):
        return "SELECT, INSERT"
    return NARROWED.get(model._meta.label, EVERYTHING)


def set_up(connection: BaseDatabaseWrapper, roles: Roles, passwords: Mapping[str, str]) -> list[str]:
    """
    Make the roles and give each exactly its rights, in one transaction; returns what was done, a sentence each.

    The connection is the owner's or a superuser's. Running it again, after a migration, gives the same rights to the
    tables that came. ``passwords``: of roles that get one. Raises ``RolesRefused``.
    """
    if connection.vendor != "postgresql":
        raise RolesRefused("SQLite knows no roles: whoever may write the file may change it. Use PostgreSQL for this.")
    names = [roles.owner, roles.app, roles.auditor]
    if len(set(names)) != 3 or not all(re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", name) for name in names):
        raise RolesRefused("Owner, app and auditor are three roles, named in small letters, digits and underscores.")
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        return _Setup(connection, cursor, roles, passwords).run()


@dataclass
class _Setup:
    connection: BaseDatabaseWrapper
    cursor: Any
    roles: Roles
    passwords: Mapping[str, str]

    def run(self) -> list[str]:
        present = {
            name for (name,) in self._rows("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        }
        if MIGRATIONS not in present:
            raise RolesRefused("There are no tables yet: run manage.py migrate first.")
        question = "SELECT rolname, rolsuper, current_schema() FROM pg_roles WHERE rolname = current_user"
        [(current, is_superuser, schema)] = self._rows(question)
        if not is_superuser and current != self.roles.owner:
            raise RolesRefused(f"{current} runs this and is no superuser, so it must be the owner: --owner {current}.")
        done = [self._make(role) for role in (self.roles.owner, self.roles.app, self.roles.auditor)]
        if is_superuser:
            done.append(self._hand_over(sorted(present & {*_tables(), MIGRATIONS}), schema))
        self._run(f'REVOKE ALL ON ALL TABLES IN SCHEMA "{schema}" FROM PUBLIC, {self.roles.app}, {self.roles.auditor}')
        done.append(self._grant(self.roles.app, app_rights(), present))
        done.append(self._grant(self.roles.auditor, auditor_rights(), present))
        return done

    def _make(self, role: str) -> str:
        too_much = self._rows(
            "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls "
            "OR EXISTS (SELECT 1 FROM pg_auth_members WHERE member = pg_roles.oid) FROM pg_roles WHERE rolname = %s",
            role,
        )
        if not too_much:
            self._run(f"CREATE ROLE {role} LOGIN")
        elif too_much == [(True,)] and role != self.roles.owner:
            raise RolesRefused(f"The role {role} may do more than it should. Take that away, or name another role.")
        if password := self.passwords.get(role):
            # Hashed here, so that no log of the server holds it.
            hashed = self.connection.connection.pgconn.encrypt_password(
                password.encode(), role.encode(), b"scram-sha-256"
            )
            self._run(f"ALTER ROLE {role} PASSWORD '{hashed.decode()}'")
        return f"{role}: {'was there' if too_much else 'made'}{', password set' if password else ''}"

    def _hand_over(self, tables: Sequence[str], schema: str) -> str:
        owner, app, auditor = self.roles.owner, self.roles.app, self.roles.auditor
        for table in tables:
            self._run(f'ALTER TABLE "{table}" OWNER TO {owner}')
        for (name,) in self._rows("SELECT proname FROM pg_proc WHERE proname = ANY(%s)", list(FUNCTIONS)):
            self._run(f"ALTER FUNCTION {name}() OWNER TO {owner}")
        self._run(f'REVOKE CREATE ON SCHEMA "{schema}" FROM PUBLIC, {app}, {auditor}')
        self._run(f'GRANT USAGE ON SCHEMA "{schema}" TO {app}, {auditor}')
        self._run(f'GRANT USAGE, CREATE ON SCHEMA "{schema}" TO {owner}')
        database = self.connection.ops.quote_name(self.connection.settings_dict["NAME"])
        self._run(f"REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC, {app}, {auditor}")
        return f"{owner}: owns {len(tables)} tables"

    def _grant(self, role: str, rights: Mapping[str, str], present: set[str]) -> str:
        given = {table: right for table, right in rights.items() if table in present}
        for table, right in given.items():
            self._run(f'GRANT {right} ON "{table}" TO {role}')
        counted = Counter(given.values())
        return f"{role}: " + "; ".join(f"{right} on {count} tables" for right, count in sorted(counted.items()))

    def _rows(self, question: str, *parameters: object) -> list[tuple[Any, ...]]:
        self.cursor.execute(question, parameters or None)
        return list(self.cursor.fetchall())

    def _run(self, statement: str) -> None:
        self.cursor.execute(statement, None)


def role_fault(connection: BaseDatabaseWrapper) -> str | None:
    """A sentence where the site's role may change what was recorded, or may not read what it needs; else None."""
    # A witness alone has no trail and no triggers to drop, and migrates by itself; its fence lies elsewhere.
    if connection.vendor != "postgresql" or settings.WITNESS_ONLY:
        return None
    rights = app_rights()
    with connection.cursor() as cursor:
        # A superuser is a member of every role.
        cursor.execute(
            "SELECT current_user, coalesce(bool_or(pg_has_role(current_user, tableowner, 'MEMBER')), false), "
            "coalesce(array_agg(tablename) FILTER "
            "(WHERE NOT has_table_privilege(quote_ident(tablename), 'SELECT')), '{}') "
            "FROM pg_tables WHERE schemaname = current_schema() AND tablename = ANY(%s)",
            [sorted(rights)],
        )
        role, owns, unread = cursor.fetchone()
    if owns:
        return (
            f"The site works as the database role {role}, which owns the tables: whoever breaks in could drop the "
            "triggers that keep the trail."
        )
    if unread:
        return f"The database role {role} has no rights on {', '.join(sorted(unread))}."
    return None
