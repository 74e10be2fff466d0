"""What a card says of its holder is kept; a card may wait for a registration to be confirmed."""

# ruff: noqa: RUF012

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cards", "0003_verified_card"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="cardbinding",
            name="holder_name",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="cardbinding",
            name="last_four",
            field=models.CharField(blank=True, max_length=4),
        ),
        migrations.CreateModel(
            name="WaitingCard",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("binding_key", models.CharField(max_length=128)),
                ("family_name", models.CharField(max_length=16)),
                ("subject_serial", models.CharField(max_length=64)),
                ("holder_name", models.CharField(max_length=64)),
                ("last_four", models.CharField(blank=True, max_length=4)),
                ("certificate_sha256", models.CharField(max_length=64)),
                ("not_after", models.DateTimeField()),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="waiting_card",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
