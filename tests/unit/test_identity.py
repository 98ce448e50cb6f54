from __future__ import annotations

import pytest

from amocrm_sync import ConfigurationError
from amocrm_sync._core.identity import Identity, phone_digits


@pytest.mark.parametrize(
    "phone", ["+7 912 000 00 03", "8 (912) 000-00-03", "79120000003", "+7-912-000-00-03"]
)
def test_notations_of_one_number_are_one_number(phone):
    assert phone_digits(phone) == "79120000003"


def test_other_countries_are_left_alone():
    assert phone_digits("+81 3 1234 5678") == "81312345678"
    assert phone_digits("00 44 20 7946 0958") == "442079460958"


def test_a_person_is_found_by_either_but_exactly():
    person = Identity(phone="8 912 000 00 03", email="Ivan@Example.com")
    assert person.matches(["+79120000003"], [])
    assert person.matches([], ["ivan@example.com"])
    assert not person.matches(["+79120000004", "9120000003"], ["vivan@example.com"])


def test_bad_input_is_named():
    for arguments, field in (({}, "phone or email"), ({"phone": "12"}, "phone"), ({"email": "x"}, "email")):
        with pytest.raises(ConfigurationError, match=field):
            Identity(**arguments)
