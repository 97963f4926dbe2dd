import os
import urllib.request

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection, transaction
from django.test import TestCase
from shop.models import Item


@pytest.mark.django_db
@pytest.mark.parametrize("n", range(8))
def test_alone_in_the_database(n):
    assert Item.objects.count() == 0
    Item.objects.create(name="only")
    assert Item.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("n", range(2))
def test_transaction(n):
    assert Item.objects.count() == 0
    with transaction.atomic():
        Item.objects.create(name="kept")
    assert Item.objects.count() == 1


@pytest.mark.parametrize("n", range(4))
def test_database_of_this_worker(db, worker_suffix, n):
    if os.environ.get("SHOP_DATABASE"):
        assert connection.settings_dict["NAME"] == "test_shop" + worker_suffix


def test_no_database():
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        Item.objects.count()


def test_live_server(live_server, transactional_db):
    Item.objects.create(name="seen from outside")
    with urllib.request.urlopen(live_server.url + "/count") as answer:
        assert answer.read() == b"1"


def test_client(client, db):
    assert client.get("/count").content == b"0"


def test_admin(admin_user, django_user_model):
    assert django_user_model is User and admin_user.is_superuser


def test_queries(django_assert_num_queries, db):
    with django_assert_num_queries(1):
        Item.objects.count()


def test_settings(settings, mailoutbox):
    settings.DEFAULT_FROM_EMAIL = "a@b.c"
    mail.send_mail("s", "b", None, ["x@y.z"])
    assert [each.from_email for each in mailoutbox] == ["a@b.c"]


@pytest.mark.django_db
def test_fails():
    Item.objects.create(name="a")
    assert Item.objects.get().name == "b"


class TestOld(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.item = Item.objects.create(name="of the class")

    def test_one(self):
        self.assertEqual(Item.objects.get(), self.item)

    def test_two(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM shop_item")
            self.assertEqual(cursor.fetchone(), (1,))
