"""E15: upload certificate in 我的專區."""

from tests.portal.scenarios.person import Person
from tests.portal.scenarios.registering import confirm, register


def test_upload_certificate(person: Person) -> None:
    register(person, name="範例人巳")
    confirm(person)
    person.log_in()
    person.desk.insert(person.card)
    person.follow("憑證上傳與管理")
    assert person.reads("這個帳號尚未綁定憑證。")
    person.use_card()
    assert person.done() == "bound"
    assert "綁定" in person.next_mail().subject
    person.log_out()
    person.log_in_by_card()
    assert person.came_in_by() == "card"
