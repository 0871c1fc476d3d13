import pytest


@pytest.mark.django_db
def test_the_site_and_its_database_answer(client):
    assert client.get("/health").json() == {"status": "ok"}
