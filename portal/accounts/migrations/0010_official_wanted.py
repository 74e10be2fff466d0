"""Who registered in order to apply for a public-servant account; room for the eleven digits of an 070 number."""

# ruff: noqa: RUF012

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_epoch_and_ways_in"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="official_wanted",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="person",
            name="phone",
            field=models.CharField(blank=True, max_length=11),
        ),
    ]
