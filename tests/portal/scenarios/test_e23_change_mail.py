"""E23: change mail → confirm."""

from tests.portal.scenarios.person import Person
from tests.portal.scenarios.registering import confirm, register


def test_change_mail(person: Person) -> None:
    register(person)
    confirm(person)
    person.log_in()
    new = f"new-{person.mail}"
    person.follow("變更電子信箱")
    person.fill({"新的電子信箱": new, "確認電子信箱": new})
    person.press("變更電子信箱")
    assert person.done() == "asked"
    assert person.page.inner_text("#present").startswith(person.mail)
    assert person.page.inner_text("#waiting") == new
    assert "變更" in person.next_mail().subject
    person.open(person.next_mail(new).link)
    person.press("確認")
    assert person.done() == "changed"
    assert person.page.inner_text("#present") == new
    assert "已變更" in person.next_mail().subject
    person.log_out()
    person.log_in()
    assert person.page.get_attribute("#mail", "data-confirmed") == "yes"
    assert person.page.inner_text("#mail").startswith(new)
