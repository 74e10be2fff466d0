"""The kind of an account becomes a stored field: a company's is known by its card, or by how it was made."""

# ruff: noqa: RUF012

from django.contrib.auth.hashers import make_password
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_COMPANY = "moeaca"
_RESCUE = {
    "rescue_mobile": "", "mobile_confirmed": False, "question": "", "answer_hash": "", "recovery_code_hash": "",
}  # fmt: skip


def _mark_companies(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Companies keep their cards only: what else had been set up, a person's card too, was never to be there."""
    user, person = apps.get_model("accounts", "User"), apps.get_model("accounts", "Person")
    binding, event = apps.get_model("cards", "CardBinding"), apps.get_model("audit", "AuditEvent")
    made = event.objects.filter(action="register", code="ok", facts__family=_COMPANY)
    numbers = {
        *binding.objects.filter(family=_COMPANY).values_list("user", flat=True),
        *made.exclude(account=None).values_list("account", flat=True),
    }
    for company in user.objects.filter(pk__in=numbers):
        company.kind, company.certificate_only = "company", True
        if not company.password.startswith("!"):
            company.password = make_password(None)
        company.save(update_fields=["kind", "certificate_only", "password"])
        person.objects.filter(user=company).update(**_RESCUE)
        binding.objects.filter(user=company).exclude(family=_COMPANY).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_language"),
        ("audit", "0001_initial"),
        ("cards", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="kind",
            field=models.CharField(
                choices=[("person", "Person"), ("company", "Company")], default="person", max_length=8
            ),
        ),
        migrations.RunPython(_mark_companies, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["person", "company"])), name="known_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "person"),
                    models.Q(("certificate_only", True), ("password__startswith", "!")),
                    _connector="OR",
                ),
                name="company_has_cards_only",
            ),
        ),
    ]
