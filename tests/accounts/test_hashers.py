"""A secret is stored as one salted SHA-256, by Django's own interface."""

import hashlib

from django.contrib.auth.hashers import check_password, identify_hasher, make_password

from accounts.hashers import is_accepted
from tests.support.accounts import NEW, SECRET


def test_it_is_a_salted_sha256():
    algorithm, salt, digest = make_password(SECRET, "salt").split("$")
    assert (algorithm, salt) == ("salted_sha256", "salt")
    assert digest == hashlib.sha256(f"salt{SECRET}".encode()).hexdigest()


def test_the_same_secret_is_never_stored_alike():
    assert make_password(SECRET) != make_password(SECRET)


def test_it_matches_its_secret_alone():
    stored = make_password(SECRET)
    assert check_password(SECRET, stored)
    assert not check_password(NEW, stored)
    assert not check_password("", stored)


def test_what_an_earlier_version_stored_is_recognised_and_not_accepted():
    stored = make_password(SECRET, hasher="pbkdf2_sha256")
    assert check_password(SECRET, stored)
    assert (is_accepted(stored), is_accepted(make_password(SECRET))) == (False, True)


def test_a_summary_shows_neither_salt_nor_digest():
    stored = make_password(SECRET)
    _, salt, digest = stored.split("$")
    shown = identify_hasher(stored).safe_summary(stored)
    assert shown["algorithm"] == "salted_sha256"
    assert salt not in repr(shown)
    assert digest not in repr(shown)
