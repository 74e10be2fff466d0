"""Tries counted by kind and source and in all, known browsers, codes of the session that asked for them."""

# ruff: noqa: RUF012

import django.db.models.deletion
import django.utils.timezone
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from portal.sealing import index

_AT_ONCE = 500


def name_holders(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Note whose account a count is, so that a lock without an end is not taken for one of nobody's name."""
    tries, users = apps.get_model("accounts", "PasswordTries"), apps.get_model("accounts", "User")
    if not tries.objects.update(name=models.F("subject"), in_all=models.F("wrong")):
        return
    for first in range(0, users.objects.count(), _AT_ONCE):
        some = users.objects.order_by("pk")[first : first + _AT_ONCE].values_list("pk", "username")
        holders = {index(name.lower(), "account name"): pk for pk, name in some}
        for row in tries.objects.filter(subject__in=list(holders)):
            row.user_id = holders[row.subject]
            row.save(update_fields=["user"])


class Migration(migrations.Migration):
    """Can be taken back; counts by source are then forgotten with their columns."""

    dependencies = [("accounts", "0007_held_numbers")]

    operations = [
        migrations.CreateModel(
            name="KnownDevice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.CharField(max_length=64, unique=True)),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="devices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddField("issuedcode", "asker", models.CharField(blank=True, db_default="", max_length=64)),
        migrations.AddField("passwordtries", "in_all", models.PositiveSmallIntegerField(db_default=0, default=0)),
        migrations.AddField("passwordtries", "name", models.CharField(db_default="", db_index=True, max_length=64)),
        migrations.AddField("passwordtries", "kind", models.CharField(db_default="password", max_length=30)),
        migrations.AddField(
            "passwordtries",
            "source",
            models.CharField(
                choices=[("stranger", "Stranger"), ("device", "Device"), ("session", "Session")],
                db_default="stranger",
                default="stranger",
                max_length=8,
            ),
        ),
        migrations.AddField(
            "passwordtries",
            "user",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tries",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            "passwordtries", "last_wrong", models.DateTimeField(db_index=True, default=django.utils.timezone.now)
        ),
        migrations.RunPython(name_holders, migrations.RunPython.noop),
    ]
