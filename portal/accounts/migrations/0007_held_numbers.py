"""ID numbers: proven or only claimed; held by confirmed accounts only; passports in a space of their own."""

# ruff: noqa: RUF012

from django.db import migrations, models
from django.db.models import Q

from portal.sealing import SealBroken, index, unseal


def _index_of(person, purpose):
    """The index of a row's number; a row that no key opens keeps what it has (`reseal` names it)."""
    try:
        return index(unseal(bytes(person.id_sealed), f"accounts.person.id_number {person.user_id}"), purpose)
    except SealBroken:
        return person.id_index


def _place(people, person, found):
    if found != person.id_index and not people.filter(id_index=found).exists():
        people.filter(pk=person.pk).update(id_index=found)


def _forth(apps, schema_editor):
    people = apps.get_model("accounts", "Person").objects
    never_used = Q(user__is_active=False, user__last_login=None, user__delete_after=None)
    people.filter(never_used, user__certificate_only=False).update(id_index=None)
    confirmed = people.filter(id_kind="passport").exclude(id_sealed=None).exclude(never_used)
    for person in confirmed.order_by("pk"):
        _place(people, person, _index_of(person, "passport number"))


def _back(apps, schema_editor):
    people = apps.get_model("accounts", "Person").objects
    for person in people.filter(id_kind="passport").exclude(id_sealed=None).exclude(id_index=None).order_by("pk"):
        found = _index_of(person, "id number")
        # Where a national ID of the same characters is held, the passport steps back.
        taken = people.filter(id_index=found).exclude(pk=person.pk).exists()
        people.filter(pk=person.pk).update(id_index=None if taken else found)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_kind"),
    ]

    operations = [
        migrations.AddField(
            model_name="person",
            name="id_proven",
            field=models.BooleanField(default=False),
        ),
        migrations.RunPython(_forth, _back),
    ]
