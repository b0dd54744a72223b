"""Tells the three stories of the demo and says where to look."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rest_framework.authtoken.models import Token

from provenance.bags.services.issuing import bag_url, bags_of
from provenance.demo import cast as casting
from provenance.demo import garden, huila, pictures, sul_de_minas, vienna, voices, yirgacheffe
from provenance.demo.cast import Cast
from provenance.demo.copies import open_often
from provenance.demo.stage import Stage, pack_lot
from provenance.members.models import User
from provenance.trail.errors import NoLog
from provenance.trail.models import Event, Log
from provenance.trail.services.logs import active_log
from provenance.trail.services.publishing import publish
from provenance.trail.services.queries import name_of
from provenance.trail.services.registry import found_log

OPERATOR = "Beantrail demo"
# Known to everybody who reads this, and therefore only given where nobody but this machine can reach the site.
PASSWORD = "beantrail-demo"  # noqa: S105


# Of the house blend's bags, the one whose code somebody printed many times.
COPIED = 17


class Command(BaseCommand):
    help = "Tell three made-up stories of coffee, from farm to bag, and print how to look at them. Twice is once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--force", action="store_true", help="also on a production site, with a password drawn for it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION and not options["force"]:
            raise CommandError("This is a production site. With --force the demo's people are put on it all the same.")
        first = not User.objects.filter(username="roaster").exists()
        password = secrets.token_urlsafe(12) if settings.PRODUCTION else PASSWORD
        log = self.log()
        before = Event.objects.count()
        # One hash for all: sixteen of them would take longer than the stories.
        stage = Stage(log, make_password(password))
        self.stdout.write("Telling three stories of coffee ...")
        cast = casting.gather(stage)
        stage.phones = casting.with_phones(cast)
        for story in (huila, voices, yirgacheffe, garden, sul_de_minas, vienna):
            story.tell(stage, cast)
        pictures.tell(stage, cast)
        publish(log, index=True)
        told = Event.objects.count() - before
        self.stdout.write(f"{told} signed statements recorded and in the log." if told else "All was told before.")
        self.say_where(stage, cast, password if first or not settings.PRODUCTION else "(as printed the first time)")

    def log(self) -> Log:
        try:
            log = active_log()
        except NoLog:
            return found_log(settings.TRAIL_LOG, OPERATOR, country="AT")
        if name_of(log.operator) != OPERATOR:
            raise CommandError(
                f"The log {log.origin} holds real coffee; made-up coffee does not belong on it. "
                "Give the demo a place of its own: DATA_DIR=data/demo make demo"
            )
        return log

    def say_where(self, stage: Stage, cast: Cast, password: str) -> None:
        site = settings.PUBLIC_URL
        token, _ = Token.objects.get_or_create(user=User.objects.get(username=cast.auditor.username))
        lots = {
            "one origin": (vienna.SINGLE_ORIGIN_GTIN, vienna.SINGLE_ORIGIN),
            "house blend": (vienna.BLEND_GTIN, vienna.BLEND),
            "called back": (vienna.BLEND_GTIN, vienna.RECALLED),
            "contested": (vienna.GARDEN_GTIN, vienna.GARDEN),
        }
        bags = {name: bags_of(pack_lot(gtin, code))[0] for name, (gtin, code) in lots.items()}
        copied = bags_of(pack_lot(vienna.BLEND_GTIN, vienna.BLEND))[COPIED]
        open_often(copied)
        bags["copied code"] = copied
        lines = [
            "",
            f"Every log-in has the password {password}",
            "",
            f"Farmers            {site}/farms/",
            f"  log in as        {cast.growers[0].username}, {cast.almaz.username}, {cast.joao.username}",
            f"Businesses         {site}/admin/",
            f"  stations         {cast.huila_coop.username}, {cast.misale.username}",
            f"  mills            {cast.huila_mill.username}, {cast.yirgacheffe_mill.username}, "
            f"{cast.minas_coop.username}",
            f"  exporters        {cast.huila_exporter.username}, {cast.yirgacheffe_exporter.username}, "
            f"{cast.minas_exporter.username}",
            f"  importer         {cast.importer.username}",
            f"  roaster          {cast.roaster.username}",
            "Shoppers           the code on a bag, such as",
            *(f"  {name:<17}{bag_url(bag)}" for name, bag in bags.items()),
            "  not witnessed    each of them, until this log has witnesses (docs/operations.md)",
            f"Auditors           {site}/api/",
            f"  log in as        {cast.auditor.username}",
            f"  token            {token.key}",
            f"  a pack           {site}/api/lots/{vienna.BLEND}/pack",
            f"  its trust file   {site}/log/{settings.TRAIL_LOG}/{stage.log.origin.rpartition('/')[2]}/trust",
            "",
        ]
        self.stdout.write("\n".join(lines))
