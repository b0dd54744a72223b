"""Attachments lie in a storage by digest and subject; nothing was stored before this."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trail", "0023_version_of_the_index_map")]

    operations = [
        migrations.RemoveField("attachment", "file"),
        migrations.AddField(
            "attachment",
            "disclosure",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="attachments",
                to="trail.disclosure",
            ),
        ),
        migrations.AddField(
            "attachment",
            "size",
            models.PositiveIntegerField(help_text="In bytes, before it is sealed.", default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            "attachment", "site", models.CharField(blank=True, default="", max_length=200), preserve_default=False
        ),
        migrations.AlterField("attachment", "sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
        migrations.AlterField(
            "attachment",
            "event",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attachments",
                to="trail.event",
            ),
        ),
        migrations.AddIndex("attachment", models.Index(fields=["sha256"], name="attachment_sha256")),
        migrations.AddIndex(
            "attachment", models.Index(condition=~models.Q(site=""), fields=["site"], name="attachment_site")
        ),
        migrations.AddConstraint(
            "attachment", models.UniqueConstraint(fields=["event", "sha256"], name="attachment_once")
        ),
    ]
