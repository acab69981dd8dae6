import random

from index.bridge import romanised
from training.names import PERSONS, SURNAMES, persons, places


def name(characters: str) -> str:
    return romanised(characters).capitalize()


def test_a_person_is_a_known_surname_and_what_it_and_the_given_name_sound_like() -> None:
    made = list(persons(random.Random(0)))
    assert len(made) == PERSONS
    assert all(zh[0] in SURNAMES and 2 <= len(zh) <= 3 for zh, _ in made)
    assert all(en == f"{name(zh[0])} {name(zh[1:])}" for zh, en in made)
    assert len({zh for zh, _ in made}) > PERSONS * 0.9


def test_a_place_says_in_both_languages_what_it_is() -> None:
    made = list(places(random.Random(0)))
    counties = [(zh, en) for zh, en in made if zh.endswith("县")]
    assert counties
    assert all(en == f"{name(zh[:2])} County" for zh, en in counties)


def test_the_same_seed_gives_the_same_names() -> None:
    assert list(places(random.Random(3))) == list(places(random.Random(3)))
